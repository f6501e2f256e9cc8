"""The cluster's own PostgreSQL with PostGIS: on a unix socket alone, its data in the cluster's folder."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from ops import files, processes
from ops.accounts import FOR_POSTGRES, unprivileged
from ops.part import Part, digest
from ops.say import Failure

#: identity of events by xid8, MERGE and the planner's SQL-body functions ask for it.
OLDEST = 15
DATABASE = ROLE = "lastmile"

#: Seconds for a fast shutdown: it ends with a checkpoint, which a busy disk makes slow.
STOP_PATIENCE = 60.0
#: Seconds for the backends of a killed postmaster to leave by themselves; they notice within milliseconds.
ORPHAN_PATIENCE = 1.0

SETTINGS = """\
# Written by `./lastmile up` at each start.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = 5432
# Each node holds some twenty connections; the rest is for tools.
max_connections = 200
# Modest: the operating system's cache serves the rest of a demo.
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
# What is acknowledged survives a crash.
fsync = on
synchronous_commit = on
full_page_writes = on
# The event feed reads by transaction ids: a prepared transaction would hold it back for ever.
max_prepared_transactions = 0
# Short statements by the thousand: compiling them costs more than it saves.
jit = off
# Solid-state disks.
random_page_cost = 1.1
# Orders, offers and positions are rewritten all the time.
autovacuum_naptime = 15s
autovacuum_vacuum_scale_factor = 0.05
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 1s
# Values of statements are people's data.
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""

#: The socket's folder lets nobody in but its owner and root, so whoever gets there may be who they say.
ACCESS = "local all all trust\n"


class Installation:
    """One version of the server's programs."""

    def __init__(self, folder):
        self.folder = folder
        text = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False).stdout
        match = re.search(r"(\d+)(?:\.(\d+))?", text)
        self.version = match.group(0) if match else "0"
        self.major = int(match.group(1)) if match else 0

    def program(self, name):
        return str(self.folder / name)

    def has_postgis(self):
        for share in (Path(f"/usr/share/postgresql/{self.major}"), self.folder.parent / "share",
                      self.folder.parent / "share/postgresql"):
            if (share / "extension/postgis.control").exists():
                return True
        return False


def installations():
    """Every usable server here, newest first."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin")) + list(Path("/usr").glob("pgsql-*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(os.path.realpath(on_path)).parent)
    found = [Installation(folder) for folder in set(folders) if (folder / "postgres").exists()]
    usable = [one for one in found if one.major >= OLDEST and one.has_postgis()]
    return sorted(usable, key=lambda one: one.major, reverse=True)


class Postgres:
    """Prepares and describes the server."""

    def __init__(self, home):
        self.home = home
        self.account = unprivileged(FOR_POSTGRES)
        self.sockets = home.run() / "postgres"
        self.marker = home.data / "current"

    def folder(self):
        """Where the data lies; its name changes with --fresh."""
        return self.home.data / self.marker.read_text(encoding="ascii").strip()

    def prepare(self, step, fresh=False):
        """Makes the database cluster where there is none or `fresh` asks for a new one, writes its settings, and
        describes the part. The old one stays until `sweep`: a server may still run on it."""
        choices = installations()
        if not choices:
            raise Failure(f"PostgreSQL {OLDEST} or newer with PostGIS 3 is not installed")
        if self.marker.exists() and not fresh:
            installation = self._same_version(choices)
        else:
            installation = choices[0]
            step.update(f"making a database cluster (PostgreSQL {installation.version})")
            self._initialise(installation)
        self._private(self.sockets)
        folder = self.folder()
        settings = SETTINGS.format(sockets=self.sockets)
        self._write(folder / "lastmile.conf", settings)
        self._write(folder / "pg_hba.conf", ACCESS)
        return installation, Part(
            name="postgres", kind="postgres", address=str(self.sockets),
            arguments=[installation.program("postgres"), "-D", self._seen(folder)], folder=str(folder),
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            cwd="/", log=str(self.home.log("postgres")),
            probe={"type": "postgres", "path": f"{self.sockets}/.s.PGSQL.5432", "user": ROLE, "database": DATABASE},
            # A smart shutdown would wait for clients; an immediate one costs recovery at the next start.
            stop_signal=int(signal.SIGINT), patience=STOP_PATIENCE,
            account=self.account.name if self.account else None,
            content={"settings": digest(settings, ACCESS), "folder": str(folder)})

    def sweep(self):
        """Removes the data of before a --fresh, and what a broken-off initialisation left."""
        if not self.marker.exists():
            return
        current = self.folder()
        for folder in self.home.data.iterdir():
            if folder.is_dir() and folder != current:
                shutil.rmtree(folder, ignore_errors=True)

    def _same_version(self, choices):
        major = int((self.folder() / "PG_VERSION").read_text(encoding="ascii").strip())
        for installation in choices:
            if installation.major == major:
                return installation
        raise Failure(
            f"the data here is of PostgreSQL {major}, which is not installed any more: install postgresql-{major} and "
            f"postgresql-{major}-postgis-3, or drop the data with --fresh")

    def _seen(self, folder):
        """The folder's name for the server: its path, or one that needs no walking where its account is kept from
        that (root's clone under /root)."""
        walked = self.account is None or self.account.may_walk(folder.parent)
        return str(folder) if walked else processes.FOLDER

    def _initialise(self, installation):
        name = "data-" + secrets.token_hex(4)
        folder = self.home.data / name
        self._private(folder)
        self._run(folder, [
            installation.program("initdb"), "-D", self._seen(folder), "-U", "postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8"])
        with open(folder / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("include 'lastmile.conf'\n")
        self._write(folder / "lastmile.conf", SETTINGS.format(sockets=self.sockets))
        single = [installation.program("postgres"), "--single", "-D", self._seen(folder)]
        self._run(folder, single + ["postgres"], (
            f"CREATE ROLE {ROLE} LOGIN;\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n"))
        # The one extension that an owner may not make by itself. Asked for afterwards: in this mode an error does not
        # show in the exit status.
        output = self._run(
            folder, single + [DATABASE],
            "CREATE EXTENSION postgis;\nSELECT extname FROM pg_extension WHERE extname = 'postgis';\n")
        if 'extname = "postgis"' not in output:
            raise Failure(f"PostGIS could not be set up; see {self.home.log('postgres')}")
        # Only a finished one counts: what was broken off before this line is swept away and begun anew.
        files.write(self.marker, name + "\n")

    def _run(self, folder, arguments, text=""):
        with processes.opened(folder) as (passed, name):
            # PostgreSQL's programs walk back to where they were started from: / is open to all.
            result = subprocess.run(
                [argument.replace(processes.FOLDER, name) for argument in arguments], input=text, cwd="/",
                capture_output=True, text=True, check=False, pass_fds=passed,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}, **processes.lent(self.account))
        with open(self.home.log("postgres"), "a", encoding="utf-8") as log:
            log.write(result.stdout + result.stderr)
        if result.returncode != 0:
            last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Failure(f"{os.path.basename(arguments[0])} failed: {last}")
        return result.stdout

    def _private(self, folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.account is not None:
            os.chown(folder, self.account.uid, self.account.gid)

    def _write(self, path, text):
        files.write(path, text)
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)


def clear_after_crash(folder, sockets):
    """Before a start: the lock files of a postmaster that is no more. PostgreSQL goes by the pid in them, and refuses
    to start while that is a zombie that nobody collects or, after a reboot, somebody else's process. They may go
    only when no process works in the data folder any more, for they also guard its shared memory."""
    locks = [path for path in (folder / "postmaster.pid", sockets / ".s.PGSQL.5432.lock") if path.exists()]
    if not locks:
        return
    deadline = time.monotonic() + ORPHAN_PATIENCE
    while _inhabitants(folder):
        # Backends leave by themselves when their postmaster is gone, unless they are stopped.
        if time.monotonic() > deadline:
            for pid in _inhabitants(folder):
                os.kill(pid, signal.SIGKILL)
            deadline += ORPHAN_PATIENCE
        time.sleep(0.02)
    for path in locks:
        path.unlink(missing_ok=True)


def _inhabitants(folder):
    """Living processes whose working directory is `folder`: a postmaster's and its backends' is the data folder."""
    place = os.path.realpath(folder)
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == place and processes.start_ticks(pid) is not None:
                found.append(int(pid))
        except OSError:
            continue
    return found
