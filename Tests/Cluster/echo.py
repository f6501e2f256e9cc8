"""Some realtime-echo nodes with a Redis of their own, behind a proxy that sends each request to the next of them: no
affinity at all. For whoever tests the realtime edge as a cluster."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import requests

from harness import ROOT, free_port, until
from roundrobin import RoundRobin


class EchoCluster:
    """Made by `start`. Nodes are numbered from 0; node i is named `echo-i`, which its session ids begin with."""

    def __init__(self, nodes, recovery, settings):
        self.home = Path(tempfile.mkdtemp(prefix="lastmile-echo-", dir="/tmp"))
        self.home.chmod(0o755)
        self.settings = {name: str(value) for name, value in settings.items()}
        if recovery:
            self.settings["RECOVERY"] = "on"
        self.ports = [free_port() for _ in range(nodes)]
        self.door = free_port()
        self.redis_path = self.home / "redis.sock"
        self.eviction = "noeviction"
        self.nodes = [None] * nodes
        self.redis_process = self.proxy = None

    #: The proxy; without affinity.
    @property
    def url(self):
        return f"http://127.0.0.1:{self.door}"

    #: The nodes themselves.
    @property
    def urls(self):
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def name(self, index):
        return f"echo-{index}"

    def redis_url(self, index):
        return f"unix://{self.redis_path}"

    def own_settings(self, index):
        """Of one node's environment."""
        return {}

    # Life.

    def begin(self):
        self.start_redis()
        for index in range(len(self.nodes)):
            self.nodes[index] = self._node(index)
        for index in range(len(self.nodes)):
            self._await(index)
        self._start_proxy()

    def _spawn(self, name, arguments, **extra):
        with open(self.home / f"{name}.log", "ab") as log:
            return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **extra)

    def _node(self, index):
        binary = _binary()
        environment = {
            "PATH": os.environ["PATH"], "PORT": str(self.ports[index]), "NODE_NAME": self.name(index),
            "REDIS_URL": self.redis_url(index), "CORS_ORIGIN": "*", **self.settings, **self.own_settings(index)}
        return self._spawn(self.name(index), [str(binary)], env=environment)

    def _await(self, index):
        def listens():
            assert self.nodes[index].poll() is None, self.log(index)
            try:
                return requests.get(f"{self.urls[index]}/health/live", timeout=2).ok
            except requests.RequestException:
                return False

        until(listens, f"{self.name(index)} listens", pause=0.05)

    def _start_proxy(self):
        self.proxy = RoundRobin(self.home, self.ports, self.door).process

    def stop(self):
        for process in [self.proxy, *self.nodes, self.redis_process]:
            if process and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    # What may happen to nodes.

    def kill(self, index):
        self.nodes[index].kill()
        self.nodes[index].wait()

    def pause(self, index):
        self.nodes[index].send_signal(signal.SIGSTOP)

    def resume(self, index):
        self.nodes[index].send_signal(signal.SIGCONT)

    def restart(self, index):
        """Kills it if it runs, and returns when it listens again."""
        if self.nodes[index].poll() is None:
            self.resume(index)
            self.kill(index)
        self.nodes[index] = self._node(index)
        self._await(index)

    def statistics(self, index):
        lines = requests.get(f"{self.urls[index]}/statistics", timeout=10).text.splitlines()
        return {name: int(value) for name, value in (line.split() for line in lines)}

    def linked(self):
        """Waits until every node has links to all others."""
        for index in range(len(self.nodes)):
            until(lambda index=index: self.statistics(index)["links"] == len(self.nodes) - 1,
                  f"{self.name(index)} reaches the others", pause=0.05)

    def log(self, index):
        return (self.home / f"{self.name(index)}.log").read_text(encoding="utf-8", errors="replace")

    # What may happen to Redis.

    #: Nothing survives its process.
    redis_persistence = ("--appendonly", "no")

    def start_redis(self):
        self.redis_process = self._spawn("redis", [
            "redis-server", "--port", "0", "--unixsocket", str(self.redis_path), "--save", "", *self.redis_persistence,
            "--dir", str(self.home), "--maxmemory-policy", self.eviction])
        until(lambda: self.redis("PING") == "+PONG\r\n", "Redis answers", pause=0.05)

    def kill_redis(self):
        self.redis_process.kill()
        self.redis_process.wait()

    def pause_redis(self):
        self.redis_process.send_signal(signal.SIGSTOP)

    def resume_redis(self):
        self.redis_process.send_signal(signal.SIGCONT)

    def restart_redis(self):
        """Kills it if it runs; it comes back empty."""
        if self.redis_process.poll() is None:
            self.kill_redis()
        self.start_redis()

    def redis(self, *arguments):
        """One command; the raw reply as text, "" while it cannot be reached."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(10)
                link.connect(str(self.redis_path))
                parts = [str(one).encode() for one in arguments]
                link.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts))
                return link.recv(1 << 20).decode("utf-8", "replace")
        except OSError:
            return ""


def start(nodes=3, recovery=False, **settings):
    """A running cluster of `nodes`; `settings` reach every one's environment. To be stopped."""
    made = EchoCluster(nodes, recovery, settings)
    try:
        made.begin()
        made.linked()
    except BaseException:
        made.stop()
        raise
    return made


def _binary():
    """The built example: the one that REALTIME_ECHO names, else the newest of this clone, built if there is none."""
    named = os.environ.get("REALTIME_ECHO")
    if named:
        return Path(named)
    found = [path for path in (ROOT / ".build" / kind / "realtime-echo" for kind in ("debug", "release"))
             if path.exists()]
    if not found:
        subprocess.run(["swift", "build", "--product", "realtime-echo"], cwd=ROOT, check=True, capture_output=True)
        found = [ROOT / ".build" / "debug" / "realtime-echo"]
    return max(found, key=lambda path: path.stat().st_mtime)
