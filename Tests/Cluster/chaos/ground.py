"""Three nodes that can be cut off from Redis and from one another, behind two doors: Nginx with the production
configuration, and a TCP proxy that sends each connection to the next node."""

import shutil
import sys
from types import SimpleNamespace

import requests

from echo import EchoCluster
from harness import ROOT, free_port, until
from links import RELAY_HOST, Links

sys.path.insert(0, str(ROOT))

from ops.nginx import Nginx  # noqa: E402


class Ground(EchoCluster):
    def __init__(self, recovery=True, **settings):
        super().__init__(3, recovery, settings)
        self.link_ports = [free_port() for _ in self.nodes]
        self.relay_ports = [free_port() for _ in self.nodes]
        self.dumb_door = free_port()
        self.links = None

    def begin(self):
        with open(self.home / "links.log", "ab") as log:
            self.links = Links(self.dumb_door, self.ports, self.link_ports, self.relay_ports, self.redis_path, log)
        super().begin()

    def stop(self):
        super().stop()
        if self.links:
            self.links.stop()

    def keep_logs(self, folder):
        shutil.copytree(self.home, folder / self.home.name, ignore=lambda _, names: [
            name for name in names if not name.endswith(".log")])

    def redis_url(self, index):
        return f"redis://127.0.0.1:{self.link_ports[index]}"

    def own_settings(self, index):
        return {"LINK_PORT": str(self.relay_ports[index]), "LINK_ADDRESS": RELAY_HOST}

    # What it has goes through the kernel before it answers, so that it survives SIGKILL.
    redis_persistence = ("--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", "0")

    def restart_redis(self, is_empty=True):
        if self.redis_process.poll() is None:
            self.kill_redis()
        if is_empty:
            shutil.rmtree(self.home / "appendonlydir", ignore_errors=True)
        self.start_redis()

    #: (host, port) of the two doors.
    @property
    def doors(self):
        return [("127.0.0.1", self.door), ("127.0.0.1", self.dumb_door)]

    def _start_proxy(self):
        home = SimpleNamespace(
            nginx=self.home / "nginx", run=lambda: self.home / "run", log=lambda name: self.home / f"nginx-{name}.log")
        addresses = [(self.name(index), f"127.0.0.1:{port}") for index, port in enumerate(self.ports)]
        _, part = Nginx(home).prepare(self.door, addresses)
        self.proxy = self._spawn("nginx", part.arguments)

        def answers():
            try:
                return requests.get(f"{self.url}/socket.io/?EIO=4&transport=polling", timeout=2).ok
            except requests.RequestException:
                return False

        until(answers, "the door opens", pause=0.05)


def start(**settings):
    made = Ground(**settings)
    try:
        made.begin()
        made.linked()
    except BaseException:
        made.stop()
        raise
    return made
