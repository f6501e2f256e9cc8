"""Where things are: the clone, the cluster's folder, and the short folder for its sockets."""

import errno
import hashlib
import os
import stat
from pathlib import Path

from ops import accounts
from ops.say import Failure

#: The clone that this command belongs to.
ROOT = Path(__file__).resolve().parent.parent

#: sun_path holds 108 bytes with the closing NUL (unix(7)); the longest name we put into the folder is
#: "/postgres/.s.PGSQL.5432.lock", the rest is slack.
LONGEST_RUN_PATH = 108 - len("/postgres/.s.PGSQL.5432.lock") - 8


class Home:
    """The folder of one cluster: `.lastmile` in the clone, or what LASTMILE_HOME names."""

    def __init__(self, path=None):
        given = path or os.environ.get("LASTMILE_HOME") or ROOT / ".lastmile"
        self.path = Path(os.path.abspath(given))
        self.logs = self.path / "logs"
        self.data = self.path / "postgres"
        self.binaries = self.path / "bin"
        self.state = self.path / "state.json"
        self.desired = self.path / "desired.json"
        self.ports = self.path / "ports.json"
        self.secret = self.path / "jwt-secret"
        self.lock = self.path / "lock"
        self.supervisor_lock = self.path / "supervisor.lock"
        self.nginx = self.path / "nginx"

    def create(self):
        """Makes the folder and its parts, or says in one line why that cannot be."""
        try:
            for folder in (self.path, self.logs, self.data, self.binaries):
                folder.mkdir(parents=True, exist_ok=True)
            # Others may pass through (PostgreSQL's account has to), not look: files in it are 0600 where secret.
            self.path.chmod(0o711)
            self.data.chmod(0o711)
            probe = self.path / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as problem:
            raise Failure(f"cannot write to {self.path}: {os.strerror(problem.errno or errno.EIO)}") from None

    def exists(self):
        return self.path.is_dir()

    def log(self, part):
        return self.logs / f"{part}.log"

    def run(self):
        """The folder for sockets and all that unprivileged accounts must reach: inside the home, or a short one
        under /tmp where the path is too long for a socket or an account that root lends may not walk it."""
        inside = self.path / "run"
        if len(os.fsencode(str(inside))) <= LONGEST_RUN_PATH and accounts.all_may_walk(self.path):
            folder = inside
        else:
            digest = hashlib.sha256(os.fsencode(str(self.path))).hexdigest()[:12]
            folder = Path("/tmp") / f"lastmile-{os.getuid()}-{digest}"
        _own_folder(folder, 0o711)
        return folder


def _own_folder(folder, mode):
    """Makes `folder` ours. One that somebody else put in its place is refused: /tmp is open to all."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        pass
    except OSError as problem:
        raise Failure(f"cannot make {folder}: {problem.strerror}") from None
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise Failure(f"{folder} belongs to somebody else; remove it and start again")
    folder.chmod(mode)
