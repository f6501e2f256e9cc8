"""Private servers for one benchmark: PostgreSQL, Redis and one node, in a folder under /tmp, on loopback and unix sockets.
They are prepared as `./lastmile up` prepares them, so durability and settings are those of a cluster."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ops import build, postgres, probes, processes, redis  # noqa: E402
from ops.places import Home  # noqa: E402
from ops.say import Step  # noqa: E402

#: Seconds until a server must serve.
START_PATIENCE = 60.0
#: The node's secret here, which the benchmarks sign tokens with.
SECRET = "the-secret-of-a-benchmark-that-nobody-else-knows"
#: Descriptors of a process: ten thousand sockets and some.
DESCRIPTORS = 16384


def program(product):
    """One of our release binaries; where it is missing, what builds it."""
    path = build.binary(product)
    if not path.exists():
        sys.exit(f"{product} is not built: ./lastmile bench, or swift build {' '.join(build.RELEASE)} --product {product}")
    return str(path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ground:
    """`with Ground() as ground:`; servers are started when asked for, and ended with the block."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lastmile-bench-", dir="/tmp"))
        self.home = Home(self.folder)
        self.running = []
        self.installation = None
        self.postgres = None
        self.redis = None
        self.node = None

    def __enter__(self):
        # Told to end, it ends what it has started and clears its folder; killed, at least the servers go too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.home.create()
        return self

    def __exit__(self, *_):
        for process, part in reversed(self.running):
            processes.stop(processes.Identity.of(process.pid), _stop_signal(part), 20, group=True)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Servers.

    def start_postgres(self):
        self.postgres = postgres.Postgres(self.home)
        self.installation, part = self.postgres.prepare(Step("postgres"))
        return self._start(part)

    def start_redis(self):
        self.redis = redis.Redis(self.home)
        _, part = self.redis.prepare("bench")
        return self._start(part)

    def start_another_redis(self, name):
        """One beside the first: its process and its socket."""
        home = Home(self.folder / name)
        home.create()
        another = redis.Redis(home)
        _, part = another.prepare("bench")
        return self._start(part), another.socket

    def start_node(self, **settings):
        """One node; `settings` go before those of `up`."""
        port = free_port()
        values = {"PATH": "/usr/bin:/bin", "HOST": "127.0.0.1", "PORT": str(port), "NODE_ID": "node-1",
                  "JWT_SECRET": SECRET, "RATE_LIMITS": "off", "SCRYPT_COST": "10", "JWT_EXPIRATION": "2h",
                  "LOG_LEVEL": "warning"}
        if self.postgres:
            values.update(self.database())
        values["REDIS_URL"] = f"unix://{self.redis.socket}" if self.redis else "unix:///nowhere"
        values.update(settings)
        process = self.spawn([program("lastmile-node")], values)
        self.node = process
        self.port = port
        self._wait(process, {"type": "http", "port": port, "path": "/health/ready", "statuses": [200]}, "node")
        return process

    def database(self):
        return {"DB_HOST": str(self.postgres.sockets), "DB_PORT": "5432", "DB_USERNAME": "lastmile",
                "DB_NAME": "lastmile"}

    def spawn(self, arguments, environment, part=None):
        log = self.home.log(os.path.basename(arguments[0]))
        process = processes.spawn(
            arguments, environment, log, part.cwd if part else str(self.folder), folder=part.folder if part else None,
            account=_account(part), death_signal=_stop_signal(part))
        self.running.append((process, part))
        return process

    def _start(self, part):
        process = self.spawn(part.arguments, part.environment, part)
        self._wait(process, part.probe, part.name)
        return process

    def _wait(self, process, probe, name):
        deadline = time.monotonic() + START_PATIENCE
        while not probes.ready(probe, process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{name} does not serve:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self):
        """The ends of all logs."""
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in self.home.logs.iterdir())

    # The database.

    def sql(self, text):
        """Runs SQL and returns what psql prints, a row a line, columns divided by |."""
        result = subprocess.run(
            [self.installation.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h",
             str(self.postgres.sockets), "-U", "lastmile", "-d", "lastmile", "-f", "-"],
            input=text, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"psql: {result.stderr.strip()}")
        return result.stdout.strip()

    def pgbench(self, script, clients, seconds=None, transactions=None, log=None, threads=1, variables=None):
        """Runs a script; returns its transactions a second. `-M prepared`, as the nodes prepare what they send."""
        path = self.folder / "script.sql"
        path.write_text(script, encoding="utf-8")
        arguments = [self.installation.program("pgbench"), "-n", "-M", "prepared", "-h", str(self.postgres.sockets),
                     "-U", "lastmile", "-f", str(path), "-c", str(clients), "-j", str(threads)]
        arguments += ["-T", str(seconds)] if seconds else ["-t", str(transactions)]
        for name, value in (variables or {}).items():
            arguments += ["-D", f"{name}={value}"]
        if log:
            arguments += ["-l", f"--log-prefix={log}"]
        result = subprocess.run(arguments + ["lastmile"], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"pgbench: {result.stderr.strip()[-600:]}")
        for line in result.stdout.splitlines():
            if line.startswith("number of failed transactions") and not line.split(":")[1].strip().startswith("0 "):
                sys.exit(f"pgbench: {line}")
            if line.startswith("tps = "):
                rate = float(line.split()[2])
        return rate

    # The node.

    def request(self, method, path, body=None, token=None):
        """(status, JSON) of one request to the node."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        link.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        return answer.status, json.loads(text) if text else None


def _stop_signal(part):
    return part.stop_signal if part else signal.SIGTERM


def _account(part):
    from ops.accounts import FOR_POSTGRES, FOR_REDIS, unprivileged
    if part is None or part.account is None:
        return None
    return unprivileged(FOR_POSTGRES if part.kind == "postgres" else FOR_REDIS)
