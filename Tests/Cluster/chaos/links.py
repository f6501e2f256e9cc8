"""TCP in the middle, in a process of its own, so that what it carries does not wait for the clients.

`python links.py DOOR[,DOOR...] NODE_PORT... -- LINK_PORT... -- REDIS_SOCKET`: each door sends each new connection to the
next node, with no thought of who it is, and to the one after it when it is refused; each link port leads to Redis. Orders
come on standard input, a line each, and are answered with `ok`: `hole N` lets nothing through link N any more, and
nothing is closed; `reset N` resets what is open, and every new one; `pass N` heals it. What a hole kept back then
arrives."""

import asyncio
import itertools
import os
import socket
import struct
import subprocess
import sys

#: Bytes kept for a side that does not read, before the other one is not read from.
KEPT = 1 << 20


class Side(asyncio.Protocol):
    """One of two connections that are led into one another."""

    def __init__(self, pair):
        self.pair = pair
        self.other = self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(KEPT)
        self.pair.made(self)

    def data_received(self, data):
        self.other.transport.write(data)

    def eof_received(self):
        self.pair.close()

    def connection_lost(self, problem):
        self.pair.close()

    def pause_writing(self):
        self.other.pause(1)

    def resume_writing(self):
        self.other.pause(-1)

    paused = 0

    def pause(self, step):
        """Reads while nobody wants it paused."""
        was, self.paused = self.paused, self.paused + step
        if not self.transport.is_closing():
            if was == 0 and self.paused > 0:
                self.transport.pause_reading()
            elif was > 0 and self.paused == 0:
                self.transport.resume_reading()


class Pair:
    def __init__(self, owner):
        self.owner = owner
        self.near, self.far = Side(self), Side(self)
        self.near.other, self.far.other = self.far, self.near
        self.is_closed = False
        self.held = 0

    def made(self, side):
        side.pause(self.held)
        if side is self.near:
            side.pause(1)
            self.owner.opened(self)
        elif self.is_closed:
            side.transport.abort()
        else:
            self.near.pause(-1)

    async def connect(self, ways):
        for way in ways:
            try:
                await way(lambda: self.far)
                return
            except OSError:
                continue
        self.reset()

    def hold(self, step):
        self.held += step
        for side in (self.near, self.far):
            if side.transport:
                side.pause(step)

    def close(self):
        if not self.is_closed:
            self.is_closed = True
            self.owner.pairs.discard(self)
            for side in (self.near, self.far):
                if side.transport:
                    side.transport.close()

    def reset(self):
        self.is_closed = True
        self.owner.pairs.discard(self)
        for side in (self.near, self.far):
            if side.transport:
                link = side.transport.get_extra_info("socket")
                if link is not None and link.family == socket.AF_INET and link.fileno() >= 0:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.transport.abort()


class Door:
    """To the next node each time."""

    def __init__(self, ports):
        self.ports = ports
        self.turns = itertools.count()
        self.pairs = set()

    def opened(self, pair):
        self.pairs.add(pair)
        loop, turn, count = asyncio.get_running_loop(), next(self.turns), len(self.ports)
        ways = [lambda make, port=self.ports[(turn + step) % count]: loop.create_connection(make, "127.0.0.1", port)
                for step in range(count)]
        loop.create_task(pair.connect(ways))


class Link:
    """To Redis, as long as it passes."""

    def __init__(self, path):
        self.path = path
        self.mode = "pass"
        self.pairs = set()
        self.waiting = []

    def opened(self, pair):
        self.pairs.add(pair)
        if self.mode == "reset":
            pair.reset()
        elif self.mode == "hole":
            self.waiting.append(pair)
        else:
            self.connect(pair)

    def connect(self, pair):
        loop = asyncio.get_running_loop()
        loop.create_task(pair.connect([lambda make: loop.create_unix_connection(make, self.path)]))

    def turn(self, mode):
        was, self.mode = self.mode, mode
        waiting, self.waiting = self.waiting, []
        if mode == "hole":
            self.waiting = waiting
            if was != "hole":
                for pair in self.pairs:
                    pair.hold(1)
        elif mode == "reset":
            for pair in list(self.pairs):
                pair.reset()
        elif was == "hole":
            for pair in self.pairs.difference(waiting):
                pair.hold(-1)
            for pair in waiting:
                if not pair.is_closed:
                    self.connect(pair)


async def serve(doors, nodes, links, path):
    loop = asyncio.get_running_loop()
    made = [Link(path) for _ in links]
    for port, owner in [*((port, Door(nodes)) for port in doors), *zip(links, made)]:
        await loop.create_server(lambda owner=owner: Pair(owner).near, "127.0.0.1", port, backlog=4096)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ok", flush=True)
    while line := await orders.readline():
        mode, number = line.decode().split()
        made[int(number)].turn(mode)
        print("ok", flush=True)


class Links:
    """The process as its owner sees it."""

    def __init__(self, door, nodes, links, path, log):
        arguments = [sys.executable, os.path.abspath(__file__), str(door), *map(str, nodes), "--", *map(str, links), "--",
                     str(path)]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout.readline() == "ok\n"

    def order(self, mode, number):
        self.process.stdin.write(f"{mode} {number}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def main(arguments):
    doors, *rest = arguments
    first = rest.index("--")
    second = rest.index("--", first + 1)
    asyncio.run(serve(list(map(int, doors.split(","))), list(map(int, rest[:first])),
                      list(map(int, rest[first + 1:second])), rest[second + 1]))


if __name__ == "__main__":
    main(sys.argv[1:])
