"""Another server: an emitter that writes to Redis what `@socket.io/redis-emitter` would, with no thought of a log."""

import asyncio

import msgpack

from client import BALLAST

#: Seconds until it is tried again.
RETRY = 0.5


class Emitter:
    """Sends `rate` numbered messages a second to its rooms in turn. What it cannot be sure of ends its streams: it sends
    nothing twice."""

    def __init__(self, arena, path, rooms, rate):
        self.arena, self.path, self.rooms, self.rate = arena, str(path), rooms, rate
        self.streams = []
        self.turn = 0

    async def run(self):
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self.path)
                try:
                    await self._emit(reader, writer)
                finally:
                    writer.transport.abort()
            except (OSError, EOFError):
                await asyncio.sleep(RETRY)

    async def _emit(self, reader, writer):
        while True:
            await asyncio.sleep(1 / self.rate)
            if not self.arena.publishing:
                self.streams = []
                continue
            if not self.streams:
                self.streams = [self.arena.checker.stream(room, is_foreign=True) for room in self.rooms]
            self.turn += 1
            stream = self.streams[self.turn % len(self.streams)]
            number = stream.send()
            self.arena.checker.foreign += 1
            if number % 3 == 0:
                value = f"{stream.id}:{number}"
            elif number % 3 == 1:
                value = [stream.id, number]
            else:
                value = b"%d:%d:%s" % (stream.id, number, b"y" * BALLAST)
            packet = {"type": 2, "data": ["message", value], "nsp": "/"}
            options = {"rooms": [stream.room], "except": [], "flags": {}}
            channel, message = f"socket.io#/#{stream.room}#".encode(), msgpack.packb(["emitter", packet, options])
            writer.write(b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (
                len(channel), channel, len(message), message))
            if not (await reader.readuntil(b"\r\n")).startswith(b":"):
                self.streams = []
