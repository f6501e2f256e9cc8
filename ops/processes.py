"""Processes by identity: a pid together with its start time, so that a reused pid is never taken for ours."""

import ctypes
import os
import select
import signal
import subprocess
import time
from contextlib import contextmanager


#: prctl(2): the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG = 1


def start_ticks(pid):
    """Clock ticks after boot at which `pid` began, or None when it is gone or only a zombie (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def boot():
    """Names this boot: start times of another one mean nothing."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


class Identity:
    """One process for ever: pid, start time, boot."""

    def __init__(self, pid, started, booted):
        self.pid = pid
        self.started = started
        self.booted = booted

    @classmethod
    def of(cls, pid):
        return cls(pid, start_ticks(pid), boot())

    @classmethod
    def load(cls, record):
        if not record or not record.get("pid"):
            return None
        return cls(record["pid"], record["started"], record["booted"])

    def record(self):
        return {"pid": self.pid, "started": self.started, "booted": self.booted}

    def alive(self):
        return self.started is not None and self.booted == boot() and start_ticks(self.pid) == self.started

    def signal(self, number):
        """False when it is gone already."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def signal_group(self, number):
        """Signals what is left of the process group that it leads: workers outlive a killed Nginx master and keep
        its port. The group's number stays taken while a member lives, so it cannot mean anybody else."""
        if self.booted != boot() or (start_ticks(self.pid) not in (None, self.started)):
            return False
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def wait(self, seconds):
        """True once it has ended, False when `seconds` pass first."""
        deadline = time.monotonic() + seconds
        try:
            handle = os.pidfd_open(self.pid)
        except (OSError, AttributeError):
            handle = None
        try:
            while self.alive():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                if handle is None:
                    time.sleep(min(left, 0.05))
                else:
                    select.select([handle], [], [], min(left, 1.0))
            return True
        finally:
            if handle is not None:
                os.close(handle)


#: Stands in a part's arguments for a folder that its account may be kept from walking to.
FOLDER = "{folder}"


def spawn(arguments, environment, log, cwd, account=None, folder=None, death_signal=None):
    """Starts a part in a session of its own, with nothing of the caller's open, its output appended to `log`.
    Where `folder` is given, it is opened for the part, and `{folder}` in its arguments is the one name for it that
    needs no walking. Where `death_signal` is given, it gets that when its caller dies first."""
    with open(log, "ab", buffering=0) as output, opened(folder) as (passed, name):
        return subprocess.Popen(
            [argument.replace(FOLDER, name) for argument in arguments], env=environment, cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, close_fds=True, pass_fds=passed,
            start_new_session=True, preexec_fn=outlived(death_signal), **lent(account))


def outlived(number):
    """What Popen runs in a child that is to get signal `number` when its parent dies, however that comes (prctl(2)); None
    for None."""
    if number is None:
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, number)


def lent(account):
    """Popen's arguments for running under `account`."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


@contextmanager
def opened(folder):
    """(descriptors to pass, name) of a folder held open, or nothing for None."""
    if folder is None:
        yield (), ""
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield (handle,), f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def stop(identity, number, patience, group=False):
    """Asks a process to end, insists after `patience` seconds, and clears what its group leaves behind."""
    if identity.signal(number):
        # A stopped process takes no SIGTERM until it is continued.
        identity.signal(signal.SIGCONT)
        if not identity.wait(patience):
            identity.signal(signal.SIGKILL)
            identity.wait(5)
    if group:
        identity.signal_group(signal.SIGKILL)
    return not identity.alive()
