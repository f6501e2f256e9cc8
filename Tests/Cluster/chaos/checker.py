"""What must have arrived: publishers number their messages, and every session checks the numbers that it is sent.

A stream is what one connection of a publisher sends to one room, numbered from 1: a publisher that reconnects begins new
ones, so that what a dying node may or may not have published ends a stream and stands in the middle of none. A session
is one socket for as long as the server calls it the same, reconnects that it declares recovered included. Between the
acknowledgement of its join and its end, a session must be sent each message of a room once, without a hole and, stream
by stream, in order; what was published before the join was acknowledged may come or not, but in order too, and once.
What another server sends may come or not at any time, but in order too, and once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: Violations, and holes that may fill yet, kept in words; all violations are counted.
TOLD = 40
TOLD_HOLES = 10
#: What is kept of each session's past.
TRAIL = 16


@dataclass
class Stream:
    """Numbers `sent` to the server, `acked` by it, and `seen` by anybody."""

    id: int
    room: str
    sent: int = 0
    acked: int = 0
    seen: int = 0
    #: Of another server, which numbers nothing for the log: any of it may be lost, none may come twice or out of order.
    is_foreign: bool = False

    def send(self):
        self.sent += 1
        return self.sent

    def ack(self, number):
        self.acked = max(self.acked, number)

    @property
    def due(self):
        """What everybody must get: what is promised, and what somebody got."""
        return 0 if self.is_foreign else max(self.acked, self.seen)


class Session:
    def __init__(self, checker, name):
        self.checker, self.name = checker, name
        self.rooms = {}
        #: By a stream's id: the number that must come next.
        self.next = {}
        #: By a stream's id: up to here it was sent before the join was acknowledged, and may be missing.
        self.excused = {}
        #: By a stream's id: what has been passed over and did not come yet.
        self.missing = {}
        self.deliveries = self.recoveries = 0
        #: What became of its connections, for whoever has to find out.
        self.trail = []

    def trace(self, text):
        self.trail.append(f"{self.checker.clock():.3f} {text}")
        del self.trail[:-TRAIL]

    def joining(self, room):
        self.rooms.setdefault(room, False)

    def joined(self, room):
        """From here on nothing may be missing."""
        self.rooms[room] = True
        for stream in self.checker.rooms.get(room, ()):
            self.excused[stream.id] = stream.sent

    def take(self, stream_id, number):
        checker = self.checker
        checker.deliveries += 1
        self.deliveries += 1
        stream = checker.streams.get(stream_id)
        if stream is None or stream.room not in self.rooms or number > stream.sent:
            return checker.violation("stray", self, stream_id, number, "nobody sent it to a room of this session")
        if number > stream.seen:
            stream.seen = number
        due = self.next.get(stream_id, 1)
        if number >= due:
            self.next[stream_id] = number + 1
            if number > due and self.rooms[stream.room]:
                due = max(due, self.excused.get(stream_id, 0) + 1)
                if stream.is_foreign:
                    self.missing.setdefault(stream_id, set()).update(range(due, number))
                else:
                    self._skip(stream_id, due, number)
        elif number in self.missing.get(stream_id, ()):
            self.missing[stream_id].discard(number)
            checker.violation("out of order", self, stream_id, number, f"{due} was due")
        else:
            checker.violation("doubled", self, stream_id, number, f"{due} was due")

    def _skip(self, stream_id, due, number):
        if number > due:
            self.missing.setdefault(stream_id, set()).update(range(due, number))
            self.checker.hole(f"hole {self.name} stream {stream_id}: {number} came, {due} was due")
            self.trace(f"hole {stream_id}: {number} for {due}")

    def behind(self):
        """Streams whose last numbers have not come yet: (stream, from, to)."""
        found = []
        for room, is_joined in self.rooms.items():
            if not is_joined:
                continue
            for stream in self.checker.rooms.get(room, ()):
                due = max(self.next.get(stream.id, 1), self.excused.get(stream.id, 0) + 1)
                if due <= stream.due:
                    found.append((stream, due, stream.due))
        return found

    def end(self):
        """It was the last of this session: what was passed over is lost."""
        for stream_id, numbers in self.missing.items():
            if self.checker.streams[stream_id].is_foreign:
                self.checker.foreign_lost += len(numbers)
                continue
            for number in sorted(numbers):
                self.checker.violation("lost", self, stream_id, number, "passed over")
        self.missing = {}


@dataclass
class Checker:
    deliveries: int = 0
    sessions: int = 0
    recovered: int = 0
    #: Clients that asked for their session and were given a fresh one, by what had happened to them.
    unrecovered: Counter = field(default_factory=Counter)
    #: The same by what the server says of it.
    refusals: Counter = field(default_factory=Counter)
    #: What other servers sent, and what of it was passed over in somebody's session.
    foreign: int = 0
    foreign_lost: int = 0
    violations: Counter = field(default_factory=Counter)
    holes: int = 0
    trails: dict = field(default_factory=dict)
    told: list = field(default_factory=list)
    streams: dict = field(default_factory=dict)
    #: The streams of each room.
    rooms: dict = field(default_factory=dict)
    #: Gives the time for what is told.
    clock: Callable[[], float] = lambda: 0.0

    def stream(self, room, is_foreign=False):
        made = Stream(len(self.streams) + 1, room, is_foreign=is_foreign)
        self.streams[made.id] = made
        self.rooms.setdefault(room, []).append(made)
        return made

    def session(self, name):
        self.sessions += 1
        return Session(self, f"{name}#{self.sessions}")

    def violation(self, kind, session, stream_id, number, why):
        self.violations[kind] += 1
        self.note(f"{kind} {session.name} stream {stream_id} number {number}: {why}")
        if self.trails.get(session.name) is None and len(self.trails) < TOLD_HOLES:
            self.trails[session.name] = "; ".join(getattr(session, "trail", ()))

    def hole(self, text):
        self.holes += 1
        if self.holes <= TOLD_HOLES:
            self.note(text)

    def note(self, text):
        if len(self.told) < TOLD + TOLD_HOLES:
            self.told.append(f"{self.clock():8.3f} {text}")

    def finish(self, sessions):
        """The live `sessions` have had all the time they may need."""
        for session in sessions:
            for stream, begin, end in session.behind():
                for number in range(begin, end + 1):
                    self.violation("lost", session, stream.id, number, f"missing at the end of {stream.room}")
            session.end()

    @property
    def published(self):
        return sum(stream.acked for stream in self.streams.values() if not stream.is_foreign)

    def summary(self):
        causes = ", ".join(f"{count} {cause}" for cause, count in sorted(self.unrecovered.items())) or "none"
        if self.refusals:
            causes += " (" + ", ".join(f"{count} {reason}" for reason, count in sorted(self.refusals.items())) + ")"
        return (f"{self.deliveries} deliveries of {self.published} acknowledged messages; {self.sessions} sessions, "
                f"{self.recovered} recoveries, unrecovered: {causes}; of {self.foreign} messages of others "
                f"{self.foreign_lost} passed over; lost {self.violations['lost']}, "
                f"doubled {self.violations['doubled']}, out of order {self.violations['out of order']}, "
                f"stray {self.violations['stray']}")
