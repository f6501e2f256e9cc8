"""A private cluster for tests: started by the command itself, in a folder of its own, on a free door port."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "lastmile-demo"
#: Seconds until something that must happen counts as not happening: for loaded machines, not a measure.
PATIENCE = 60.0
#: Seconds for a whole `up`, build excluded (it is done before the tests begin).
UP_PATIENCE = 300.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, patience=PATIENCE, pause=0.2):
    """Waits until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:g} s: {what}")
        time.sleep(pause)


def _setting_names():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))


class Cluster:
    """One cluster. `settings` reach the nodes through the environment of `up`."""

    def __init__(self, nodes=3, port=None, **settings):
        self.home = Path(tempfile.mkdtemp(prefix="lastmile-test-", dir="/tmp"))
        # PostgreSQL's account has to walk here when root runs the tests.
        self.home.chmod(0o711)
        self.port = port or free_port()
        self.nodes = nodes
        self.settings = {name: str(value) for name, value in settings.items()}
        self.ports = {}

    # The command.

    def environment(self, **settings):
        known = _setting_names()
        values = {name: value for name, value in os.environ.items() if name not in known}
        values.update(self.settings)
        values.update({name: str(value) for name, value in settings.items()})
        values["LASTMILE_HOME"] = str(self.home)
        return values

    def command(self, *arguments, check=True, timeout=UP_PATIENCE, settings=None, **extra):
        """Runs `./lastmile …`; its output is a test's first clue, so it stands in the assertion."""
        result = subprocess.run(
            [str(ROOT / "lastmile"), *arguments], env=self.environment(**(settings or {})), capture_output=True,
            text=True, timeout=timeout, stdin=subprocess.DEVNULL, cwd="/", check=False, **extra)
        if check:
            assert result.returncode == 0, f"lastmile {' '.join(arguments)}:\n{result.stdout}{result.stderr}"
        return result

    def up(self, *arguments, **settings):
        """`up --detach`; settings given here hold for later calls too, as they would for one who exported them."""
        self.settings.update({name: str(value) for name, value in settings.items()})
        return self.command("up", "--detach", "--nodes", str(self.nodes), "--port", str(self.port), *arguments)

    def down(self):
        return self.command("down")

    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def destroy(self, keep_logs=None):
        """Stops everything and removes the folder; `keep_logs` names a folder that the logs are copied to first."""
        try:
            self.command("down", check=False)
        finally:
            if keep_logs is not None and (self.home / "logs").is_dir():
                shutil.copytree(self.home / "logs", Path(keep_logs) / self.home.name, dirs_exist_ok=True)
            shutil.rmtree(self.home, ignore_errors=True)

    # Its parts.

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def parts(self):
        return {part["name"]: part for part in self.status()["parts"]}

    def part(self, name):
        return self.parts()[name]

    def pid(self, name):
        return self.part(name)["pid"]

    def node_url(self, name):
        """A node itself, past the door. Its port survives restarts, so it is asked for once."""
        if name not in self.ports:
            self._note_ports(self.parts())
        return f"http://127.0.0.1:{self.ports[name]}"

    def _note_ports(self, parts):
        self.ports = {name: part["httpPort"] for name, part in parts.items() if "httpPort" in part}

    def signal(self, name, number):
        os.kill(self.pid(name), number)

    def kill(self, name):
        """SIGKILL; returns the pid that is no more."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, name):
        """SIGSTOP, with all its children (PostgreSQL's backends). Returns the pids for `cont`."""
        pids = [self.pid(name)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
            # Those that began meanwhile are found too: the list grows while it is walked.
            pids += _children(pid)
        return pids

    def cont(self, pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def restarted(self, name, was):
        """Waits until a part runs as another process than `was`; returns its new pid."""

        def look():
            part = self.parts().get(name)
            return part and part["state"] == "running" and part["pid"] != was and part["pid"]

        return until(look, f"{name} runs again")

    def ensure_healthy(self):
        """As `healthy`, by a glance at the nodes where they are known and well: what each test begins with."""
        try:
            for base in (self.url, *(f"http://127.0.0.1:{port}" for port in self.ports.values())):
                if requests.get(f"{base}/health", timeout=2).json().get("status") != "ok":
                    break
            else:
                if self.ports:
                    return
        except (requests.RequestException, ValueError):
            pass
        self.healthy()

    def healthy(self):
        """Waits until every part runs and the door is well."""

        def look():
            parts = self.parts()
            if not parts or any(part["state"] != "running" for part in parts.values()):
                return False
            self._note_ports(parts)
            try:
                return requests.get(f"{self.url}/health", timeout=2).json().get("status") == "ok"
            except (requests.RequestException, ValueError):
                return False

        until(look, "everything is healthy")

    def supervisor(self):
        return json.loads((self.home / "state.json").read_text(encoding="utf-8"))["supervisor"]["pid"]

    # Its servers.

    def dsn(self):
        """For psycopg."""
        return f"host={self.part('postgres')['address']} user=lastmile dbname=lastmile"

    def psql(self, sql, *parameters):
        """One statement; its rows as tuples, or None where it returns none."""
        import psycopg
        with psycopg.connect(self.dsn(), autocommit=True) as link:
            cursor = link.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else None

    def redis(self, *arguments):
        """One Redis command; the raw reply as text."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(10)
            link.connect(self.part("redis")["address"])
            parts = [str(one).encode() for one in arguments]
            link.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts))
            return link.recv(1 << 20).decode("utf-8", "replace")

    # Its users.

    def api(self, token=None, base=None):
        return Api(base or self.url, token)

    def login(self, role, base=None):
        """The demo account of a role: admin, customer, driver or merchant."""
        return self.api(base=base).login(f"{role}@example.com", PASSWORD)

    def register(self, role, name=None, base=None):
        """A new account of a role (CUSTOMER, DRIVER, MERCHANT)."""
        return self.api(base=base).register(role, name)


class Api:
    """REST as a client sees it. Every answer is returned, whatever its status."""

    def __init__(self, base, token=None):
        self.base = base
        self.session = requests.Session()
        self.user = None
        self.tokens = {}
        self.token = token

    def request(self, method, path, body=None, **extra):
        headers = dict(extra.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        target = path if path.startswith("/") else f"/api/v1/{path}"
        if body is not None:
            extra["json"] = body
        return self.session.request(method, self.base + target, headers=headers, timeout=30, **extra)

    def get(self, path, **extra):
        return self.request("GET", path, **extra)

    def post(self, path, body=None, **extra):
        return self.request("POST", path, body, **extra)

    def patch(self, path, body=None, **extra):
        return self.request("PATCH", path, body, **extra)

    def login(self, email, password=PASSWORD):
        return self._entered(self.post("auth/login", {"email": email, "password": password}), 200)

    def register(self, role, name=None):
        unique = uuid.uuid4().hex[:12]
        return self._entered(self.post("auth/register", {
            "email": f"{role.lower()}-{unique}@example.org", "password": f"secret-{unique}",
            "name": name or f"{role.title()} {unique}", "role": role}), 201)

    def _entered(self, answer, status):
        assert answer.status_code == status, answer.text
        self.tokens = answer.json()
        self.user = self.tokens["user"]
        self.token = self.tokens["accessToken"]
        return self


def _children(pid):
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]
