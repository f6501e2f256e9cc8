"""Engine.IO as a client speaks it, over one WebSocket or by polling, with no more than the checker's clients need.

Both links call their owner: `packet(link, payload)` for each Engine.IO packet as bytes, `binary(link, payload)` for each
binary message, `lost(link)` once at the end, unless they were let go of before. Both bear `heard`, the arena's time of the last ping or of the
beginning."""

import asyncio
import base64
import struct

#: Seconds for the handshake of a link, or for the answer to a POST.
HANDSHAKE_PATIENCE = 8.0


class WebSocketLink(asyncio.Protocol):
    """With a `sid`: for a session that polls and may move here."""

    HEAD = (b"GET /socket.io/?EIO=4&transport=websocket%s HTTP/1.1\r\nHost: lastmile\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")

    def __init__(self, owner, address, sid=b""):
        self.owner, self.sid = owner, sid
        self.transport = None
        self.buffer = b""
        self.is_open = False
        self.heard = owner.arena.now()
        self.task = asyncio.ensure_future(self._connect(address))

    async def _connect(self, address):
        try:
            async with asyncio.timeout(HANDSHAKE_PATIENCE):
                await asyncio.get_running_loop().create_connection(lambda: self, *address)
        except (OSError, TimeoutError):
            self._lost()

    def connection_made(self, transport):
        self.transport = transport
        if self.owner is None:
            return transport.abort()
        transport.write(self.HEAD % (b"&sid=" + self.sid if self.sid else b""))

    def opened(self):
        pass

    def connection_lost(self, problem):
        self._lost()

    def _lost(self):
        owner, self.owner = self.owner, None
        if owner:
            owner.lost(self)

    def data_received(self, data):
        if self.owner is None:
            return
        data = self.buffer + data if self.buffer else data
        at = 0
        if not self.is_open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return
            if b" 101 " not in data[:16]:
                self.owner.arena.refused += 1
                self.transport.abort()
                return
            self.is_open, at = True, end + 4
            self.opened()
        size = len(data)
        # RFC 6455, 5.2: a server's frames are not masked, and this one's not fragmented.
        while size - at >= 2 and self.owner is not None:
            length, begin = data[at + 1], at + 2
            if length == 126:
                begin = at + 4
                length = struct.unpack_from("!H", data, at + 2)[0] if size >= begin else size
            elif length == 127:
                begin = at + 10
                length = struct.unpack_from("!Q", data, at + 2)[0] if size >= begin else size
            if size < begin + length:
                break
            kind = data[at] & 15
            at = begin + length
            if kind == 1:
                self.owner.packet(self, data[begin:at])
            elif kind == 2:
                self.owner.binary(self, data[begin:at])
            elif kind == 8:
                self.transport.abort()
                self._lost()
        self.buffer = data[at:]

    def send(self, payload, kind=1):
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
        # A mask of zeros is a mask.
        self.transport.write(bytes([0x80 | kind]) + length + b"\0\0\0\0" + payload)

    def send_binary(self, payload):
        self.send(payload, kind=2)

    def stall(self):
        if self.transport and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self):
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def vanish(self):
        """Nothing is closed, and nothing is read any more: for the server it is as if the radio had gone."""
        self.owner = None
        self.stall()

    def abort(self):
        """Ends it without another word to the owner."""
        self.owner = None
        self.task.cancel()
        if self.transport:
            self.transport.abort()


class PollingLink:
    """One GET at a time, one POST at a time. Each connection is kept for some requests, so that a door without affinity
    sends them to any node."""

    #: Requests on one connection.
    KEPT = 4
    POST = (b"POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: lastmile\r\n"
            b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s")
    GET = b"GET /socket.io/?EIO=4&transport=polling%s HTTP/1.1\r\nHost: lastmile\r\n\r\n"

    def __init__(self, owner, address):
        self.owner, self.address = owner, address
        self.heard = owner.arena.now()
        self.outgoing = []
        self.wish = asyncio.Event()
        self.going = asyncio.Event()
        self.going.set()
        self.writers = {}
        self.is_pausing = self.is_posting = False
        self.tasks = [asyncio.ensure_future(self._guard(self._poll()))]

    async def _guard(self, work):
        try:
            await work
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            owner = self.owner
            self.abort()
            if owner:
                owner.lost(self)

    def begun(self):
        pass

    async def moved(self):
        return False

    async def _poll(self):
        async with asyncio.timeout(HANDSHAKE_PATIENCE):
            status, body = await self._ask("get", self.GET % b"", {})
        if status != 200:
            if self.owner:
                self.owner.arena.refused += 1
            raise EOFError
        self.sid = body.split(b'"')[3]
        self.begun()
        self.tasks.append(asyncio.ensure_future(self._guard(self._post())))
        kept = {}
        while self.owner is not None:
            for packet in body.split(b"\x1e"):
                if self.owner is None:
                    return
                if packet == b"1":
                    raise EOFError
                if packet[:1] == b"b":
                    self.owner.binary(self, base64.b64decode(packet[1:]))
                else:
                    self.owner.packet(self, packet)
            if await self.moved():
                return
            await self.going.wait()
            status, body = await self._ask("get", self.GET % (b"&sid=" + self.sid), kept)
            if status != 200:
                raise EOFError

    async def _post(self):
        kept = {}
        while True:
            await self.wish.wait()
            self.wish.clear()
            if self.is_pausing:
                continue
            body, self.outgoing = b"\x1e".join(self.outgoing), []
            if body:
                self.is_posting = True
                async with asyncio.timeout(HANDSHAKE_PATIENCE):
                    status, _ = await self._ask("post", self.POST % (self.sid, len(body), body), kept)
                self.is_posting = False
                if status != 200:
                    raise EOFError

    async def _ask(self, kind, request, kept):
        if kept.get("left", 0) == 0:
            old = self.writers.pop(kind, None)
            if old:
                old.close()
            kept["reader"], self.writers[kind] = await asyncio.open_connection(*self.address, limit=1 << 22)
            kept["left"] = self.KEPT
        kept["left"] -= 1
        self.writers[kind].write(request)
        head = await kept["reader"].readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        body = await kept["reader"].readexactly(int(fields[b"content-length"]))
        if fields.get(b"connection") == b"close":
            kept["left"] = 0
        return int(head.split(b" ", 2)[1]), body

    def send(self, payload):
        self.outgoing.append(payload)
        self.wish.set()

    def stall(self):
        self.going.clear()

    def resume(self):
        self.going.set()

    def vanish(self):
        self.owner = None
        self.stall()

    def abort(self):
        self.owner = None
        for task in self.tasks:
            task.cancel()
        for writer in self.writers.values():
            writer.transport.abort()


class UpgradingLink(PollingLink):
    """Begins by polling and moves to a WebSocket, as most clients do."""

    #: Seconds between two looks whether the last POST has been answered.
    LOOK = 0.01

    socket = None
    has_moved = False

    def begun(self):
        self.arena = self.owner.arena
        self.socket = Probe(self, self.address, self.sid)

    # Of the WebSocket.

    def packet(self, link, payload):
        if self.has_moved:
            if self.owner:
                self.owner.packet(self, payload)
        elif payload == b"3probe":
            # From here on nothing is posted; the poll that is held is answered.
            self.is_pausing = True

    def binary(self, link, payload):
        if self.owner:
            self.owner.binary(self, payload)

    def lost(self, link):
        self.socket = None
        if self.has_moved:
            owner = self.owner
            self.abort()
            if owner:
                owner.lost(self)
        else:
            # It stays with polling.
            self.is_pausing = False
            self.wish.set()

    async def moved(self):
        while self.is_pausing and self.is_posting:
            await asyncio.sleep(self.LOOK)
        if not self.is_pausing:
            return False
        self.has_moved = True
        self.socket.send(b"5")
        for payload in self.outgoing:
            self.socket.send(payload)
        self.outgoing = []
        return True

    # Of the owner.

    def send(self, payload):
        if self.has_moved:
            self.socket.send(payload)
        else:
            super().send(payload)

    def stall(self):
        super().stall()
        if self.socket:
            self.socket.stall()

    def resume(self):
        super().resume()
        if self.socket:
            self.socket.resume()

    def abort(self):
        super().abort()
        if self.socket:
            self.socket.abort()


class Probe(WebSocketLink):
    def opened(self):
        self.send(b"2probe")
