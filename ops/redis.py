"""The cluster's own Redis: on a unix socket alone, in memory alone, for nothing it holds has to last."""

import os
import re
import shutil
import signal
import subprocess

from ops.accounts import FOR_REDIS, unprivileged
from ops.part import Part
from ops.say import Failure

OLDEST = 7
#: Only a bound: fan-out keeps a few megabytes.
MEMORY = "512mb"
STOP_PATIENCE = 10.0


def version():
    """(program, version) of the server here, or None."""
    program = shutil.which("redis-server", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin")
    if program is None:
        return None
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"v=([\d.]+)", text)
    return program, match.group(1) if match else "0"


class Redis:
    def __init__(self, home):
        self.home = home
        self.account = unprivileged(FOR_REDIS)
        self.folder = home.run() / "redis"
        self.socket = self.folder / "redis.sock"

    def prepare(self, epoch):
        """`epoch` changes with --fresh, which empties Redis too."""
        found = version()
        if found is None or int(found[1].split(".")[0]) < OLDEST:
            raise Failure(f"Redis {OLDEST} or newer is not installed" + (f" (found {found[1]})" if found else ""))
        program, number = found
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account is not None:
            os.chown(self.folder, self.account.uid, self.account.gid)
        return number, Part(
            name="redis", kind="redis", address=str(self.socket),
            arguments=[
                program, "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--save", "", "--appendonly", "no", "--maxmemory", MEMORY, "--maxmemory-policy", "noeviction",
                "--daemonize", "no", "--dir", str(self.folder), "--loglevel", "notice"],
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd=str(self.folder), log=str(self.home.log("redis")),
            probe={"type": "redis", "path": str(self.socket)},
            stop_signal=int(signal.SIGTERM), patience=STOP_PATIENCE,
            account=self.account.name if self.account else None,
            content={"epoch": epoch})
