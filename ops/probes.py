"""Whether a part serves: one short question in its own protocol."""

import http.client
import socket
import struct

from ops import ports

#: Seconds that a part may take for the answer. Loopback and idle, so far more than it needs.
PATIENCE = 2.0


def ready(probe, pid):
    """True when the part, process `pid`, answers as it should. Never raises: what is not ready is just that."""
    try:
        if "port" in probe and not ports.listens(pid, probe["port"]):
            return False
        return _PROBES[probe["type"]](probe)
    except (OSError, http.client.HTTPException, ValueError, struct.error):
        return False


def _postgres(probe):
    """A startup packet, and the first byte of the answer: `R` (authentication) once connections are taken, `E`
    while it starts (PostgreSQL's protocol, 55.2.1)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(PATIENCE)
        link.connect(probe["path"])
        names = b"user\0" + probe["user"].encode() + b"\0database\0" + probe["database"].encode() + b"\0\0"
        link.sendall(struct.pack("!ii", len(names) + 8, 196608) + names)
        answer = b""
        # ReadyForQuery closes the greeting: a backend that got so far serves.
        while not answer.endswith(b"Z\0\0\0\5I"):
            chunk = link.recv(4096)
            if not chunk or answer[:1] == b"E" or chunk[:1] == b"E" and not answer:
                return False
            answer += chunk
        link.sendall(b"X\0\0\0\4")
        return True


def _redis(probe):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(PATIENCE)
        link.connect(probe["path"])
        link.sendall(b"PING\r\n")
        return link.recv(64).startswith(b"+PONG")


def _http(probe):
    """Any of `statuses` to GET `path`."""
    link = http.client.HTTPConnection("127.0.0.1", probe["port"], timeout=PATIENCE)
    try:
        link.request("GET", probe["path"], headers={"Connection": "close"})
        return link.getresponse().status in probe["statuses"]
    finally:
        link.close()


_PROBES = {"postgres": _postgres, "redis": _redis, "http": _http}
