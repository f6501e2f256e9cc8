"""Loopback ports: found once, kept across restarts."""

import hashlib
import os
import socket

from ops import files
from ops.say import Failure

#: Below Linux's ephemeral range (32768 and up), so that no outgoing connection sits on a port that a dead node
#: needs again; above the ports that services register for themselves.
FIRST, LAST = 20000, 31999


def free(port, host="127.0.0.1"):
    """Whether a server could listen there now. SO_REUSEADDR as servers set it: TIME_WAIT is no hindrance."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def allot(home, names, held=()):
    """A port for each name: the one it had, unless a stranger took it; else a free one. `held`: names whose port
    is in use by themselves."""
    kept = files.read_json(home.ports, {})
    taken = set(kept.values())
    candidates = _candidates(home)
    for name in names:
        if name in kept and (name in held or free(kept[name])):
            continue
        for port in candidates:
            if port not in taken and free(port):
                kept[name] = port
                taken.add(port)
                break
        else:
            raise Failure(f"no free port between {FIRST} and {LAST} on 127.0.0.1")
    files.write_json(home.ports, kept)
    return {name: kept[name] for name in names}


def listens(pid, port):
    """Whether this very process listens on a port. That something answers there is no proof: it may be a stranger's."""
    return bool(_listening(port) & _sockets(pid))


def owner(port):
    """Who listens on a port, `name (pid N)`, or `another program`."""
    wanted = _listening(port)
    for pid in filter(str.isdigit, os.listdir("/proc") if wanted else []):
        if wanted & _sockets(pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    return f"{file.read().strip()} (pid {pid})"
            except OSError:
                continue
    return "another program"


def _listening(port):
    """The kernel's names of the TCP sockets that listen on a port, on whatever address (proc(5))."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                for row in file.readlines()[1:]:
                    fields = row.split()
                    if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                        found.add(f"socket:[{fields[9]}]")
        except OSError:
            continue
    return found


def _sockets(pid):
    """The sockets that a process has open; none where we may not look."""
    found = set()
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            try:
                found.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
            except OSError:
                continue
    except OSError:
        pass
    return found


def _candidates(home):
    """All ports from a place of the home's own, so that two clones seldom ask for the same one."""
    size = LAST - FIRST + 1
    start = int.from_bytes(hashlib.sha256(os.fsencode(str(home.path))).digest()[:4], "big") % size
    return (FIRST + (start + step) % size for step in range(size))
