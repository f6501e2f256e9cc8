"""The door: nginx/ as it is for production, and the five files of site/ that differ from place to place."""

import os
import re
import resource
import shutil
import signal
import subprocess

from ops import accounts, files
from ops.part import Part, digest
from ops.places import ROOT
from ops.say import Failure

SHARED = ("nginx.conf", "proxy.conf", "problem.conf", "types.conf")
SOURCE = ROOT / "nginx"
STATIC = ROOT / "web"

#: Sockets are closed at once: clients resume elsewhere or later, and nothing waits here.
STOP_PATIENCE = 10.0
#: Descriptors for worker_connections, with as many again for files and the moment of a reload.
DESCRIPTORS = 32768


def program():
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Failure("nginx is not installed")
    return found


def version(executable):
    text = subprocess.run([executable, "-v"], capture_output=True, text=True, check=False).stderr
    match = re.search(r"nginx/([\d.]+)", text)
    return match.group(1) if match else "0"


def render_nodes(nodes, down=()):
    """site/nodes.conf for `nodes`, a list of (name, "host:port"); those in `down` get no new work, but their
    sessions still reach them."""

    def servers():
        return "".join(
            f"    server {address} max_fails=0{' down' if name in down else ''};\n" for name, address in nodes)

    text = "# Written by `./lastmile`. Why it is as it is: nginx/site/nodes.conf.\n"
    for name, balance, keep in (("lastmile_api", "", 64), ("lastmile_sockets", "    least_conn;\n", 32)):
        text += (f"upstream {name} {{\n    zone {name} 128k;\n{balance}{servers()}    keepalive {keep};\n"
                 f"    keepalive_timeout 20s;\n}}\n")
    for name, address in nodes:
        text += (f"upstream lastmile_at_{name} {{\n    zone lastmile_at_{name} 64k;\n"
                 f"    server {address} max_fails=0;\n    keepalive 32;\n    keepalive_timeout 20s;\n}}\n")
    text += "map $arg_sid $lastmile_session_upstream {\n    default lastmile_sockets;\n"
    for name, _ in nodes:
        text += f'    "~^{re.escape(name)}\\." lastmile_at_{name};\n'
    return text + "}\n"


class Nginx:
    def __init__(self, home):
        self.home = home
        self.folder = home.nginx
        self.run = home.run() / "nginx"
        self.executable = program()

    def prepare(self, port, nodes):
        """Writes the configuration, has Nginx check it, and describes the part."""
        site = self.folder / "site"
        site.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(mode=0o711, parents=True, exist_ok=True)
        texts = {name: (SOURCE / name).read_text(encoding="utf-8") for name in SHARED}
        texts["site/main.conf"] = self._main()
        texts["site/http.conf"] = self._http()
        texts["site/outer.conf"] = ""
        texts["site/listen.conf"] = (
            f"listen 127.0.0.1:{port} default_server backlog=4096;\nserver_name _;\nroot {_quoted(self._static())};\n")
        texts["site/nodes.conf"] = render_nodes(nodes)
        for name, text in texts.items():
            files.write(self.folder / name, text, mode=0o644)
        self.check()
        arguments = self._command() + ["-g", "daemon off;"]
        return version(self.executable), Part(
            name="nginx", kind="nginx", address=f"127.0.0.1:{port}", arguments=arguments,
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, cwd="/", log=str(self.home.log("nginx")),
            probe={"type": "http", "port": port, "path": "/", "statuses": [200]},
            stop_signal=int(signal.SIGTERM), patience=STOP_PATIENCE,
            content={"main": digest(texts["site/main.conf"])},
            reloadable=digest(*(texts[name] for name in sorted(texts))))

    def check(self):
        """`nginx -t`; a Failure with its first complaint."""
        result = subprocess.run(
            self._command() + ["-t", "-q"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if result.returncode != 0:
            complaints = [text for text in result.stderr.splitlines() if "[emerg]" in text] or [result.stderr.strip()]
            raise Failure(f"nginx refuses its configuration: {complaints[0]}")

    def _command(self):
        arguments = [self.executable, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        numbers = tuple(int(part) for part in version(self.executable).split("."))
        if numbers >= (1, 19, 5):
            # Else it would open the log that it was built with before it reads where ours is.
            arguments += ["-e", "stderr"]
        return arguments

    def _main(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
        text = f"pid {_quoted(self.run / 'nginx.pid')};\nerror_log stderr warn;\nworker_rlimit_nofile {wanted};\n"
        account = accounts.unprivileged(accounts.FOR_NGINX)
        if account is not None:
            text = f"user {account.name} {accounts.group_name(account.gid)};\n" + text
        return text

    def _http(self):
        text = ""
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            text += f"{kind}_temp_path {_quoted(self.run / kind)};\n"
        return text + f"access_log {_quoted(self.home.log('access'))} lastmile buffer=64k flush=1s;\n"

    def _static(self):
        """Where workers find the static files: in the clone, or a copy where they may not walk there."""
        account = accounts.unprivileged(accounts.FOR_NGINX)
        if account is None or account.may_walk(STATIC):
            return STATIC
        copy = self.run / "web"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(STATIC, copy)
        for folder, _, names in os.walk(copy):
            os.chmod(folder, 0o755)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o644)
        return copy


def _quoted(path):
    """A path as Nginx reads it, with spaces and dollars."""
    text = str(path)
    if "$" in text:
        raise Failure(f"Nginx cannot work in a folder with a $ in its name: {text}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
