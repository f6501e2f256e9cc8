"""Socket.IO clients that check what they get, by the hundred in one process: receivers, which sit in rooms and come back
for ever, and publishers, which number what they send."""

import asyncio
import json
import re
from collections import deque

from wire import PollingLink, WebSocketLink

#: A message is `[stream,number]` or `"stream:number"`, which a client that recovers would take for an offset if none
#: stood behind it; some bear a ballast.
MESSAGE = re.compile(rb'42\["message",[\["](\d+)[,:](\d+)(?::x*)?[\]"](?:,"([^"]*)")?\]')
#: One with attachments, of which each is `stream:number:ballast`; the ballast shows that none is another's.
BINARY = re.compile(rb'45(\d)-\["message",(?:\{"_placeholder":true,"num":\d\},?)+(?:"([^"]*)")?\]')
BALLAST = 300
#: Seconds after which a client whose link ended comes back, at random between the two.
BACK_AFTER = (0.05, 1.0)
#: Seconds after which a room is joined again that could not be.
REPEAT_AFTER = 0.5
#: Messages of a publisher that wait for their acknowledgement, before it sends no more.
WINDOW = 64


class Client:
    """One that comes back whenever its link ends, at the next door."""

    def __init__(self, arena, name, doors, kind=WebSocketLink):
        self.arena, self.name, self.doors, self.kind = arena, name, deque(doors), kind
        self.link = self.timer = None
        self.is_connected = False
        self.last_id = 0
        self.sid = ""
        #: Of the node that the Engine.IO session belongs to.
        self.node = None
        self.stopped = False

    def come(self):
        self.timer = None
        self.doors.rotate(-1)
        self.link = self.kind(self, self.doors[0])

    def come_back(self, after=None):
        if self.timer is None and not self.stopped:
            delay = self.arena.random.uniform(*BACK_AFTER) if after is None else after
            self.timer = asyncio.get_running_loop().call_later(delay, self.come)

    def lost(self, link):
        if link is self.link:
            self._left(None)

    def drop(self, after=None):
        """Ends the link and comes back."""
        if self.link:
            self.link.abort()
            self._left(after)

    def vanish(self):
        """As if the network had gone: the old connection stands for as long as the server thinks so."""
        if self.link:
            self.link.vanish()
            self.arena.graveyard.append(self.link)
            self._left(None)

    def _left(self, after):
        was_connected, self.is_connected, self.link = self.is_connected, False, None
        if was_connected:
            self.ended()
        self.come_back(after)

    def watch(self, now):
        """A link is given up when no ping has come, as clients do."""
        if self.link and now - self.link.heard > self.arena.silence:
            self.arena.silent += 1
            self.drop()

    def go(self):
        self.stopped = True
        if self.timer:
            self.timer.cancel()
        if self.link:
            self.link.abort()
            self.link = None

    def call(self, event, *arguments):
        """Sends an event that asks to be acknowledged; returns the acknowledgement's number."""
        self.last_id += 1
        self.link.send(b'42%d[%s]' % (self.last_id, b",".join([b'"%s"' % event, *arguments])))
        return self.last_id

    def call_binary(self, event, argument, *attachments):
        """The same with attachments, behind one argument."""
        self.last_id += 1
        places = b"".join(b',{"_placeholder":true,"num":%d}' % index for index in range(len(attachments)))
        self.link.send(b'45%d-%d["%s",%s%s]' % (len(attachments), self.last_id, event, argument, places))
        for payload in attachments:
            self.link.send_binary(payload)
        return self.last_id

    # What comes.

    def packet(self, link, payload):
        kind = payload[:1]
        if kind == b"4":
            self.message(payload)
        elif kind == b"2":
            link.heard = self.arena.now()
            link.send(b"3")
        elif kind == b"0":
            self.node = json.loads(payload[1:])["sid"].partition(".")[0]
            link.send(b"40" + self.auth())

    def binary(self, link, payload):
        self.arena.checker.violation("stray", self, 0, 0, "an attachment of no packet")

    def message(self, payload):
        kind = payload[1:2]
        if kind == b"3":
            begin = payload.index(b"[")
            self.answered(int(payload[2:begin]), payload[begin:])
        elif kind == b"0":
            self.is_connected = True
            self.entered(json.loads(payload[2:]))
        else:
            # 41 and 44: a client does not come back by itself after them.
            self.arena.checker.violation("refused", self, 0, 0, payload.decode())
            self.drop()

    def answered(self, number, payload):
        # Bare where the server has done it: `publish` may be "lost", and `join` "unconfirmed".
        self.acknowledged(number, payload == b"[]")

    def auth(self):
        return b""

    def ended(self):
        pass


class Receiver(Client):
    def __init__(self, arena, name, doors, rooms, kind=WebSocketLink, recovers=True):
        super().__init__(arena, name, doors, kind)
        self.wanted, self.recovers = rooms, recovers
        self.session = self.pid = self.offset = None
        self.began = self.left = 0.0
        self.joins = {}
        #: Joins that have to be asked for again.
        self.unconfirmed = 0
        #: What came before the reply to CONNECT.
        self.early = []
        #: What is known of a message whose attachments have not all come: their number, its offset, those that have.
        self.parts = None
        #: Of the question why a session is a fresh one.
        self.asked = None

    def auth(self):
        self.early, self.joins, self.unconfirmed, self.asked = [], {}, 0, None
        if self.session:
            self.session.trace(f"comes to {self.node}")
        if not self.recovers or self.pid is None:
            return b""
        auth = {"pid": self.pid}
        if self.offset is not None:
            auth["offset"] = self.offset
        return json.dumps(auth).encode()

    def ended(self):
        self.left = self.arena.now()
        self.session.trace(f"left {self.node} at {self.offset}")
        if not self.recovers or self.pid is None:
            self.finish_session()

    def packet(self, link, payload):
        if payload[:1] == b"0":
            self.parts = None
        elif self.parts and payload[:1] == b"4":
            self.arena.checker.violation("stray", self, 0, 0, "a packet among the attachments of another")
        super().packet(link, payload)

    def message(self, payload):
        found = MESSAGE.fullmatch(payload)
        if found:
            stream, number, offset = found.groups()
            if offset is None and self.recovers and payload.endswith(b'"]'):
                # Socket.IO's clients take any string at the end for an offset.
                offset = stream + b":" + number
            return self.came(int(stream), int(number), offset)
        found = BINARY.fullmatch(payload)
        if found:
            self.parts = (int(found[1]), found[2], [])
        else:
            super().message(payload)

    def binary(self, link, payload):
        if self.parts is None:
            return super().binary(link, payload)
        count, offset, parts = self.parts
        parts.append(payload)
        if len(parts) < count:
            return
        self.parts = None
        stream, number, ballast = payload.split(b":")
        if len(ballast) != BALLAST or any(part != payload for part in parts):
            self.arena.checker.violation("stray", self, int(stream), int(number), "attachments of another message")
        self.came(int(stream), int(number), offset)

    def came(self, *message):
        if self.is_connected:
            self.take(*message)
        else:
            self.early.append(message)

    def take(self, stream, number, offset):
        self.session.take(stream, number)
        if offset is not None:
            self.offset = offset.decode()

    def entered(self, reply):
        arena = self.arena
        if self.session and self.recovers and self.pid is not None:
            if reply.get("pid") == self.pid:
                arena.checker.recovered += 1
                self.session.recoveries += 1
                self.session.trace(f"recovered on {self.node} with {len(self.early)} missed")
                if reply["sid"] != self.sid:
                    arena.checker.violation("refused", self, 0, 0, f"recovered as {reply['sid']}, was {self.sid}")
                for message in self.early:
                    self.take(*message)
                return self.join(room for room, is_joined in self.session.rooms.items() if not is_joined)
            cause = arena.cause(self.began, self.left)
            arena.checker.unrecovered[cause] += 1
            self.asked = self.call(b"fresh"), cause, self.session.name, arena.now() - self.left, self.session.trail[-3:]
            self.finish_session()
        if self.early:
            arena.checker.violation("stray", self, 0, 0, f"{len(self.early)} events before a fresh session began")
        self.session = arena.checker.session(self.name)
        self.sid, self.pid, self.offset, self.began = reply["sid"], reply.get("pid"), None, arena.now()
        self.session.trace(f"fresh on {self.node}")
        self.join(self.wanted)

    def join(self, rooms):
        self.early = []
        for room in rooms:
            self.session.joining(room)
            self.joins[self.call(b"join", b'"%s"' % room.encode())] = room

    def answered(self, number, payload):
        if self.asked is None or number != self.asked[0]:
            return super().answered(number, payload)
        reason = json.loads(payload)[0]
        _, cause, name, seconds, trail = self.asked
        self.asked = None
        self.arena.checker.refusals[reason] += 1
        self.arena.unrecovered(name, cause, reason, seconds, trail)

    def acknowledged(self, number, is_done):
        room = self.joins.pop(number, None)
        if room is None:
            return
        if is_done:
            self.session.trace(f"joined {room}")
            self.session.joined(room)
        else:
            self.unconfirmed += 1
            asyncio.get_running_loop().call_later(REPEAT_AFTER, self.join_again, self.link, room)

    def join_again(self, link, room):
        if link is self.link and self.is_connected:
            self.unconfirmed -= 1
            self.join([room])

    def finish_session(self):
        self.session.end()
        self.session = None

    @property
    def is_settled(self):
        return self.is_connected and not self.joins and not self.unconfirmed


class Publisher(Client):
    """Sends `rate` messages a second to its rooms in turn, in bursts, each connection with streams of its own."""

    def __init__(self, arena, name, doors, rooms, rate):
        super().__init__(arena, name, doors)
        self.rooms, self.rate = rooms, rate
        self.streams = []
        self.waiting = {}
        self.turn = 0
        self.due = 0.0

    def entered(self, reply):
        self.sid = reply["sid"]
        self.waiting = {}
        self.streams = [self.arena.checker.stream(room) for room in self.rooms]
        self.due = 0.0

    def ended(self):
        self.streams, self.waiting = [], {}

    def step(self, seconds):
        """Sends what has come due."""
        self.due = min(self.due + seconds * self.rate, WINDOW)
        while self.due >= 1 and self.is_connected and len(self.waiting) < WINDOW:
            self.due -= 1
            self.turn += 1
            stream = self.streams[self.turn % len(self.streams)]
            number = stream.send()
            room = b'"%s"' % stream.room.encode()
            if number % 7 == 5:
                payload = b"%d:%d:%s" % (stream.id, number, b"\xff" * BALLAST)
                asked = self.call_binary(b"publish", room, *[payload] * (1 + number % 2))
                self.waiting[asked] = (stream, number)
                continue
            if number % 3:
                value = b"[%d,%d]" % (stream.id, number)
            elif number % 33:
                value = b'"%d:%d"' % (stream.id, number)
            else:
                value = b'"%d:%d:%s"' % (stream.id, number, b"x" * 2000)
            self.waiting[self.call(b"publish", room, value)] = (stream, number)

    def acknowledged(self, number, is_done):
        found = self.waiting.pop(number, None)
        if found is None:
            return
        if is_done:
            found[0].ack(found[1])
        else:
            # It was not logged, and will not be: what comes after it belongs to another stream.
            self.arena.refusals += 1
            self.streams[self.streams.index(found[0])] = self.arena.checker.stream(found[0].room)
