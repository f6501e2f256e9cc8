"""TCP in the middle, in a process of its own, so that what it carries does not wait for the clients.

`python links.py DOOR[,DOOR...] NODE_PORT... -- LINK_PORT... -- RELAY_PORT... -- REDIS_SOCKET`: each door sends each new
connection to the next node, with no thought of who it is, and to the one after it when it is refused; each link port leads
to Redis; each relay port at `RELAY_HOST` leads to the same port of 127.0.0.1, where a node takes the calls of others. Orders
come on standard input, a line each, and are answered with `ok`: `hole N` lets nothing through link N any more, and
nothing is closed; `reset N` resets what is open, and every new one; `pass N` heals it. What a hole kept back then
arrives. `hole N-M` and so on do it to what nodes N and M say to one another."""

import asyncio
import itertools
import os
import re
import socket
import struct
import subprocess
import sys

#: Where nodes believe that the others are.
RELAY_HOST = "127.0.0.2"
#: Stands in the first that a node says when it calls another.
CALLER = re.compile(rb"echo-(\d)")
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
        if self.other.transport:
            self.other.transport.write(data)
        else:
            self.pair.first += data
            self.pair.owner.heard(self.pair)

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
        #: What came before there was anybody to give it to.
        self.first = b""
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
            if self.first:
                side.transport.write(self.first)
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
    """To Redis or to a node, as long as it passes."""

    def __init__(self, way):
        self.way = way
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
        asyncio.get_running_loop().create_task(pair.connect([self.way]))

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


class Relay:
    """To one node, by a link for each of the others: who calls is known by the first that they say."""

    def __init__(self, way):
        self.links = [Link(way) for _ in range(10)]
        self.pairs = set()

    def opened(self, pair):
        self.pairs.add(pair)
        pair.near.pause(-1)

    def heard(self, pair):
        found = CALLER.search(pair.first)
        if found:
            self.pairs.discard(pair)
            pair.near.pause(1)
            pair.owner = self.links[int(found[1])]
            pair.owner.opened(pair)


async def serve(doors, nodes, links, relays, path):
    loop = asyncio.get_running_loop()
    made = [Link(lambda make: loop.create_unix_connection(make, path)) for _ in links]
    between = [Relay(lambda make, port=port: loop.create_connection(make, "127.0.0.1", port)) for port in relays]
    for host, port, owner in [
            *(("127.0.0.1", port, Door(nodes)) for port in doors), *(("127.0.0.1", *one) for one in zip(links, made)),
            *((RELAY_HOST, *one) for one in zip(relays, between))]:
        await loop.create_server(lambda owner=owner: Pair(owner).near, host, port, backlog=4096)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ok", flush=True)
    while line := await orders.readline():
        mode, name = line.decode().split()
        numbers = list(map(int, name.split("-")))
        if len(numbers) == 1:
            made[numbers[0]].turn(mode)
        else:
            for one, other in (numbers, reversed(numbers)):
                between[one].links[other].turn(mode)
        print("ok", flush=True)


class Links:
    """The process as its owner sees it."""

    def __init__(self, door, nodes, links, relays, path, log):
        arguments = [sys.executable, os.path.abspath(__file__), str(door), *map(str, nodes), "--", *map(str, links), "--",
                     *map(str, relays), "--", str(path)]
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
    lists = [[]]
    for word in rest:
        if word == "--":
            lists.append([])
        else:
            lists[-1].append(word)
    nodes, links, relays, (path,) = lists
    asyncio.run(serve(*(list(map(int, ports)) for ports in (doors.split(","), nodes, links, relays)), path))


if __name__ == "__main__":
    main(sys.argv[1:])
