"""A crowd of sockets in one process: raw WebSockets, so that thousands cost little. Every member checks each order event
that arrives, by its number, across all its connections; nothing is removed first."""

import asyncio
import json
import random
import re
import struct
from urllib.parse import urlsplit

#: Seconds before a member whose connection ended comes back: the defaults of Socket.IO's clients, 1 s give or take half.
BACK_AFTER = (0.5, 1.5)
EVENT = re.compile(rb'^42\["(?:order_created|order_accepted|order_status_update)",')


class Member(asyncio.Protocol):
    """One socket of an account, for ever: it comes back and resumes with what it saw."""

    def __init__(self, crowd, token):
        self.crowd = crowd
        self.token = token
        self.seen = {}
        self.connected = False
        self.connects = 0
        self.transport = None
        self.buffer = b""
        self.open = False

    async def come(self):
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, self.crowd.host, self.crowd.port)
        except OSError:
            self.crowd.refused += 1
            self.come_back()

    def come_back(self):
        if not self.crowd.over:
            asyncio.get_running_loop().call_later(
                random.uniform(*BACK_AFTER), lambda: asyncio.ensure_future(self.come()))

    # asyncio.Protocol

    def connection_made(self, transport):
        self.transport, self.buffer, self.open = transport, b"", False
        transport.write((
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: lastmile\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode())

    def connection_lost(self, problem):
        self.transport = None
        if self.connected:
            self.connected = False
            self.crowd.connected -= 1
        self.come_back()

    def data_received(self, data):
        self.buffer += data
        if not self.open:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:16]:
                self.crowd.refused += 1
                self.transport.abort()
                return
            self.open, self.buffer = True, rest
            self.crowd.handshakes.append(asyncio.get_running_loop().time())
        while self.frame():
            pass

    # Frames (RFC 6455, 5.2): the server's are not masked and not fragmented.

    def frame(self):
        if len(self.buffer) < 2:
            return False
        kind, length, begin = self.buffer[0] & 15, self.buffer[1], 2
        if length == 126:
            length, begin = struct.unpack_from("!H", self.buffer, 2)[0] if len(self.buffer) >= 4 else 1 << 20, 4
        elif length == 127:
            length, begin = struct.unpack_from("!Q", self.buffer, 2)[0] if len(self.buffer) >= 10 else 1 << 20, 10
        if len(self.buffer) < begin + length:
            return False
        payload, self.buffer = self.buffer[begin:begin + length], self.buffer[begin + length:]
        if kind == 8:
            self.transport.close()
            return False
        if kind == 1:
            self.packet(payload)
        return self.transport is not None

    def send(self, text):
        data = text.encode()
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
        # A mask of zeros is a mask.
        self.transport.write(b"\x81" + length + b"\0\0\0\0" + data)

    def packet(self, payload):
        if EVENT.match(payload):
            return self.event(json.loads(payload[2:])[1])
        if payload[:1] == b"0":
            self.send("40" + json.dumps({"token": self.token, "after": self.seen}))
        elif payload[:1] == b"2":
            self.send("3")
        elif payload[:2] == b"40":
            self.connected = True
            self.connects += 1
            self.crowd.connected += 1
        elif payload[:2] == b"44":
            self.crowd.refusals.append(payload.decode())
            self.transport.abort()
        elif payload[:2] == b"41":
            self.crowd.faults.append("41: a client does not come back after it")

    def event(self, event):
        order, seq = event["orderId"], event["seq"]
        self.crowd.received += 1
        if seq != self.seen.get(order, 0) + 1:
            self.crowd.faults.append(f"{order}: {seq} after {self.seen.get(order, 0)}")
        self.seen[order] = max(seq, self.seen.get(order, 0))


class Crowd:
    """`tokens`: one for each member."""

    def __init__(self, url, tokens):
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.members = [Member(self, token) for token in tokens]
        self.connected = self.received = self.refused = 0
        #: When each handshake was answered with 101, by the loop's clock.
        self.handshakes = []
        self.faults, self.refusals = [], []
        self.over = False

    async def come(self, at_once=200):
        """Everybody, `at_once` at a time."""
        for begin in range(0, len(self.members), at_once):
            part = self.members[begin:begin + at_once]
            await asyncio.gather(*(member.come() for member in part))
            while self.connected < begin + len(part):
                await asyncio.sleep(0.02)

    async def go(self):
        self.over = True
        for member in self.members:
            if member.transport:
                member.transport.abort()
        await asyncio.sleep(0)

    def behind(self, versions):
        """How many members have not seen every order of theirs to its last event: `versions` maps a token to its
        orders' versions."""
        return sum(any(member.seen.get(order, 0) < version for order, version in versions[member.token].items())
                   for member in self.members)

    def peak(self, since):
        """The most handshakes in any second after the first `since` of them."""
        times, begin, most = self.handshakes[since:], 0, 0
        for at, time in enumerate(times):
            while times[begin] <= time - 1:
                begin += 1
            most = max(most, at - begin + 1)
        return most
