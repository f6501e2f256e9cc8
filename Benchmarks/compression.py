#!/usr/bin/env python3
"""Compression on realtime-echo: what it saves on the wire, what it costs the server's processor, and what a connection
takes that has agreed on it. permessage-deflate for WebSockets, gzip for long polls."""

import gzip
import json
import random
import re
import resource
import socket
import sys
import time
import zlib
from contextlib import ExitStack

from support import figures
from support.ground import DESCRIPTORS, Ground
from support.peers import Peers
from support.processor import Spent, resident

#: Seconds of a round's half, and of the one before the first, which is not counted.
SECONDS = 1.0
WARM = 0.3
#: Echoing clients, and messages that each has under way.
CLIENTS, FLIGHT = 20, 16
#: Members of the room that is published to, and publishes under way.
MEMBERS, PUBLISHES = 100, 8
#: Connections whose memory is counted, and those that come and go before.
CONNECTIONS, FIRST = 2_000, 500
#: With windows that stay, of which a server takes a thousand at most.
KEPT = 200
#: Bytes of a connection whose windows stay, as `MessageCompressionOptions` says: to send, and to receive.
KEPT_CLAIM = (4 << 15) + (136 << 10) + (1 << 15) + (12 << 10)
#: Bytes that an agreement alone may take: a reference, and what the allocator makes of it.
AGREED_CLAIM = 128
SETTLE = 1.0
PATIENCE = 20.0
MASK = bytes([0x1B, 0x2D, 0x4C, 0x87])
HEAD = ("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    bounded, plain = [], []
    with Ground() as ground:
        peers = Peers(ground)
        server = peers.lastmile(PER_MESSAGE_DEFLATE="on")
        for name, argument in (("64 bytes", '"' + "x" * 62 + '"'), ("2 KiB of JSON", positions(2048))):
            _echo(name, argument, server, plain)
        _fanout("2 KiB of JSON", positions(2048), server, plain)
        _polls("2 KiB of JSON", positions(2048), server, plain)
        bounded.append(_memory("agreed on", "on", CONNECTIONS, 2048, AGREED_CLAIM, peers))
        # A message that fills the windows.
        bounded.append(_memory("with windows that stay", "keep", KEPT, 60_000, KEPT_CLAIM, peers))
    return figures.report("compression: realtime-echo, compressed / as it is", bounded + plain)


def positions(length):
    """About `length` bytes of couriers' positions, always the same."""
    numbers = random.Random(7)
    rows = []
    while len(text := json.dumps(rows, separators=(",", ":"))) < length:
        rows.append({"orderId": f"{numbers.getrandbits(128):032x}", "lat": round(numbers.uniform(48.8, 48.9), 6),
                     "lng": round(numbers.uniform(2.2, 2.4), 6), "heading": numbers.randrange(360),
                     "at": f"2026-11-21T09:{numbers.randrange(60):02}:{numbers.randrange(60):02}Z"})
    return text


def _echo(name, argument, server, rows):
    """Each client's messages come back as acks; both ways are compressed from 1,024 bytes on."""
    figures.progress(f"echo, {name}")
    case = f"echo, {name}"
    with ExitStack() as clients:
        sides = {how: [clients.enter_context(Client(server[1], how == "deflate")) for _ in range(CLIENTS)]
                 for how in ("deflate", "plain")}
        expected = f"437[{argument}]"
        for how, own in sides.items():
            own[0].send(own[0].frame(f'427["echo",{argument}]'))
            if own[0].text() != expected:
                sys.exit(f"{case}, {how}: not what was sent")
        _compare(case, sides, server, rows, lambda own, until: _echo_until(own, argument, until))


def _echo_until(clients, argument, until):
    frames = clients[0].frame(f'427["echo",{argument}]') * FLIGHT
    messages = 0
    while time.monotonic() < until:
        for client in clients:
            client.send(frames)
        for client in clients:
            client.skip(FLIGHT)
        messages += FLIGHT * len(clients)
    return messages


def _fanout(name, argument, server, rows):
    """One broadcast to a room: compressed once for all its members."""
    figures.progress(f"fan-out, {name}")
    with ExitStack() as clients:
        sides = {}
        for how in ("deflate", "plain"):
            sides[how] = [clients.enter_context(Client(server[1], how == "deflate")) for _ in range(MEMBERS)]
            for member in sides[how]:
                member.send(member.frame(f'421["join","{how}"]'))
                member.skip(1)
        publisher = clients.enter_context(Client(server[1], False))

        def play(members, until):
            room = "deflate" if members[0].deflates else "plain"
            frames = publisher.frame(f'42["publish","{room}",{argument}]') * PUBLISHES
            messages = 0
            while time.monotonic() < until:
                publisher.send(frames)
                for member in members:
                    member.skip(PUBLISHES)
                messages += PUBLISHES * len(members)
            return messages

        _compare(f"fan-out to {MEMBERS}, {name}", sides, server, rows, play)


def _compare(case, sides, server, rows, play):
    ratio = figures.Figure(f"{case}: processor time")
    wire = figures.Figure(f"{case}: bytes to the client")
    each = {how: figures.Figure(f"{case}: {how}: processor time a message", "µs") for how in sides}
    sizes = {how: figures.Figure(f"{case}: {how}: bytes a message") for how in sides}
    for own in sides.values():
        play(own, time.monotonic() + WARM)
    for number in range(figures.rounds()):
        for how in sorted(sides, reverse=number % 2 == 1):
            before = sum(client.received for client in sides[how])
            with Spent(server[0]) as spent:
                messages = play(sides[how], time.monotonic() + SECONDS)
            each[how].add(spent.seconds / messages * 1e6)
            sizes[how].add((sum(client.received for client in sides[how]) - before) / messages)
        ratio.add(each["deflate"].values[-1] / each["plain"].values[-1])
        wire.add(sizes["deflate"].values[-1] / sizes["plain"].values[-1])
    rows.extend([ratio, wire, *each.values(), *sizes.values()])


def _polls(name, argument, server, rows):
    """A message by POST, and what comes back in the next poll."""
    figures.progress(f"polls, {name}")
    sides = {how: [Polling(server[1], how == "gzip", argument)] for how in ("gzip", "plain")}
    for how, own in sides.items():
        if own[0].once().decode() != f"437[{argument}]":
            sys.exit(f"polls, {how}: not what was sent")

    def play(own, until):
        messages = 0
        while time.monotonic() < until:
            own[0].once()
            messages += 1
        return messages

    ratio = figures.Figure(f"polls, {name}: processor time")
    wire = figures.Figure(f"polls, {name}: bytes to the client")
    each = {how: figures.Figure(f"polls, {name}: {how}: processor time a POST and a poll", "µs") for how in sides}
    sizes = {how: figures.Figure(f"polls, {name}: {how}: bytes a poll, head included") for how in sides}
    for number in range(figures.rounds()):
        for how in sorted(sides, reverse=number % 2 == 1):
            own = sides[how][0]
            before = own.received
            with Spent(server[0]) as spent:
                messages = play(sides[how], time.monotonic() + SECONDS)
            each[how].add(spent.seconds / messages * 1e6)
            sizes[how].add((own.received - before) / messages)
        ratio.add(each["gzip"].values[-1] / each["plain"].values[-1])
        wire.add(sizes["gzip"].values[-1] / sizes["plain"].values[-1])
    rows.extend([ratio, wire, *each.values(), *sizes.values()])


def _memory(name, setting, count, length, ceiling, peers):
    """What a connection takes with an agreement and after a message each way, more than one without."""
    figures.progress(f"memory of a connection, {name}")
    figure = figures.Figure(f"memory of a connection, {name}, beyond one without", "bytes", ceiling=ceiling)
    message = f'427["echo",{positions(length)}]'
    each = {}
    for how in ("deflate", "plain"):
        pid, port = peers.lastmile(PER_MESSAGE_DEFLATE=setting)
        for client in _open(port, how == "deflate", FIRST if setting == "on" else 1, message, setting == "keep"):
            client.close()
        time.sleep(SETTLE)
        before = resident(pid)
        clients = _open(port, how == "deflate", count, message, setting == "keep")
        time.sleep(SETTLE)
        each[how] = (resident(pid) - before) / count
        for client in clients:
            client.close()
    figure.add(each["deflate"] - each["plain"])
    return figure


def _open(port, deflates, count, message, keeps):
    clients = [Client(port, deflates, keeps) for _ in range(count)]
    frame = clients[0].frame(message)
    for client in clients:
        client.send(frame)
        client.skip(1)
    return clients


class Client:
    """A Socket.IO client over a bare WebSocket. `keeps`: does not ask that windows be forgotten."""

    def __init__(self, port, deflates, keeps=False):
        self.deflates = deflates
        self.received = 0
        self.rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflates else ""
        self.socket.sendall((HEAD + offer + "\r\n").encode())
        while b"\r\n\r\n" not in self.rest:
            self._read()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        if deflates != (b"permessage-deflate" in head) or (b"no_context_takeover" in head) != (deflates and not keeps):
            sys.exit(f"not what was to be agreed on: {head.decode()}")
        self.text()
        self.send(self.frame("40"))
        self.text()
        self.received = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, frames):
        self.socket.sendall(frames)

    def frame(self, text):
        """A client's frame; long ones deflated, each for itself, so that it can be sent again and again."""
        payload, first = text.encode(), 0x81
        if self.deflates and len(payload) >= 1024:
            deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
            payload = (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
            first = 0xC1
        masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
        length = (bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big"))
        return bytes([first]) + length + MASK + masked

    def text(self):
        """The next message but pings."""
        while True:
            first, payload = self._next()
            if first & 0x40:
                payload = zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")
            if payload != b"2":
                return payload.decode()
            self.send(self.frame("3"))

    def skip(self, count):
        """Reads past `count` messages that are not pings."""
        while count:
            _, payload = self._next()
            if payload == b"2":
                self.send(self.frame("3"))
            else:
                count -= 1

    def _next(self):
        while True:
            if len(self.rest) >= 2:
                length, start = self.rest[1], 2
                if length == 126:
                    length, start = int.from_bytes(self.rest[2:4], "big"), 4
                if len(self.rest) >= start + length and (start == 2 or len(self.rest) >= 4):
                    first, payload = self.rest[0], self.rest[start:start + length]
                    self.rest = self.rest[start + length:]
                    if first & 0x0F == 8:
                        sys.exit("closed by the server")
                    return first, payload
            self._read()

    def _read(self):
        data = self.socket.recv(65536)
        if not data:
            sys.exit("the server closed the connection")
        self.received += len(data)
        self.rest += data


class Polling:
    """A Socket.IO client over long polling, on one connection."""

    def __init__(self, port, takes_gzip, argument):
        self.received = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")
        self.accepted = "Accept-Encoding: gzip\r\n" if takes_gzip else ""
        self.target = "/socket.io/?EIO=4&transport=polling"
        self.target += "&sid=" + json.loads(self._ask("GET")[1:])["sid"]
        self._ask("POST", b"40")
        self._ask("GET")
        self.message = f'427["echo",{argument}]'.encode()

    def once(self):
        self._ask("POST", self.message)
        body = self._ask("GET", counts=True)
        while body == b"2":
            self._ask("POST", b"3")
            body = self._ask("GET", counts=True)
        return body

    def _ask(self, method, body=b"", counts=False):
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        head = f"{method} {self.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.accepted}{length}\r\n"
        self.socket.sendall(head.encode() + body)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.file.readline() or sys.exit("the server closed the connection")
        answer = self.file.read(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
        if counts:
            self.received += len(head) + len(answer)
        return gzip.decompress(answer) if b"gzip" in head else answer


if __name__ == "__main__":
    sys.exit(main())
