"""A run of the checker: clients and publishers on a cluster, faults among them, and what came of it."""

import asyncio
import random
import time

from checker import Checker
from client import Publisher, Receiver
from emitter import Emitter
from faults import Faults
from wire import PollingLink, UpgradingLink, WebSocketLink

#: The links of clients, by their number; the others are WebSockets from the beginning.
KINDS = {5: PollingLink, 8: UpgradingLink, 11: UpgradingLink}

#: Seconds between two bursts of a publisher.
STEP = 0.05
#: Clients that begin at once.
AT_ONCE = 50
#: Seconds for everybody to be there, and for everything to arrive at the end.
PATIENCE = 120.0
#: Seconds without any delivery or new session after which what is missing will not come: more than any timeout on the way.
QUIET = 30.0
#: Of the messages that publishers send, how many more another server sends.
FOREIGN = 0.1
#: Fresh sessions told of by name.
TOLD_FRESH = 30


class Arena:
    """`receivers` sit in two of `rooms` each; a few of them poll, a few begin so and
    move to a WebSocket, a few never ask for their session again. Together the
    publishers send `rate` messages a second, each to several rooms."""

    def __init__(self, ground, seed, receivers=300, publishers=8, rooms=30, rate=100.0, silence=10.0, tell=print):
        self.ground, self.seed, self.tell = ground, seed, tell
        self.random = random.Random(seed)
        self.silence = silence
        self.begun = time.monotonic()
        self.checker = Checker(clock=self.now)
        self.faults = Faults(ground, self, random.Random(seed), tell)
        self.refused = self.silent = self.refusals = 0
        self.graveyard, self.problems = [], []
        names = [f"room-{number}" for number in range(rooms)]
        doors = ground.doors
        self.receivers = []
        for number in range(receivers):
            own = [names[number % rooms], names[(number * 7 + number // rooms + 1) % rooms]]
            kind = KINDS.get(number % 12, WebSocketLink)
            self.receivers.append(Receiver(
                self, f"client-{number}", doors[number % 2:] + doors[:number % 2], list(dict.fromkeys(own)), kind,
                recovers=number % 10 != 3))
        self.publishers = [
            Publisher(self, f"publisher-{number}", doors[number % 2:] + doors[:number % 2],
                      self.random.sample(names, max(1, rooms // 3)), rate / publishers)
            for number in range(publishers)]
        self.emitter = Emitter(self, ground.redis_path, self.random.sample(names, max(1, rooms // 3)), rate * FOREIGN)
        self.publishing = False
        self.tasks = []
        self.told = 0

    def now(self):
        """Seconds since the beginning."""
        return time.monotonic() - self.begun

    def cause(self, began, left):
        return self.faults.cause(began, left, self.now())

    def unrecovered(self, name, cause, reason, seconds, trail):
        """Why a session was not taken up again, says the server."""
        text = f"{self.now():.3f} unrecovered {name}, gone {seconds:.2f} s, {cause}: {reason}; {'; '.join(trail)}"
        if cause == "unexplained":
            self.checker.note(text)
        elif self.faults.UNSURE.get(cause) is not True and self.told < TOLD_FRESH:
            self.told += 1
            self.tell(text)

    # Life.

    async def begin(self):
        everybody = self.receivers + self.publishers
        for at in range(0, len(everybody), AT_ONCE):
            for one in everybody[at:at + AT_ONCE]:
                one.come()
            await self.until(lambda at=at: all(one.is_connected for one in everybody[:at + AT_ONCE]), "everybody comes")
        self.tasks = [asyncio.ensure_future(work) for work in (self._publish(), self._watch(), self.emitter.run())]
        await self.until(self.is_settled, "everybody has joined")
        self.publishing = True

    def is_settled(self):
        return all(one.is_settled for one in self.receivers)

    async def until(self, condition, what, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                self.problems.append(f"not within {patience:g} s: {what}")
                return
            await asyncio.sleep(0.05)

    async def _publish(self):
        last = time.monotonic()
        while True:
            await asyncio.sleep(STEP)
            now = time.monotonic()
            if self.publishing:
                for one in self.publishers:
                    one.step(now - last)
            last = now

    async def _watch(self):
        while True:
            await asyncio.sleep(0.5)
            now = self.now()
            for one in self.receivers + self.publishers:
                one.watch(now)
            for link in self.graveyard[:-200]:
                link.abort()
            del self.graveyard[:-200]

    async def end(self):
        """Stops publishing, lets everything arrive, and has the checker judge."""
        self.publishing = False
        await self.until(lambda: not any(one.waiting for one in self.publishers), "publishers hear the last acknowledgement")
        # What is alive at the end must have all, and so must be alive.
        await self.until(self.is_settled, "everybody is back")
        await self._arrived()
        for index, process in enumerate(self.ground.nodes):
            if process.poll() is not None:
                self.problems.append(f"{self.ground.name(index)} ended by itself: {process.returncode}")
        self.checker.finish([one.session for one in self.receivers if one.session])
        for one in self.receivers + self.publishers:
            one.go()
        for task in self.tasks:
            task.cancel()
        for link in self.graveyard:
            link.abort()
        await asyncio.sleep(0)

    async def _arrived(self):
        """Returns when everybody has everything, or nothing has come for so long that nothing will."""
        count, since = -1, 0.0
        while not self.is_settled() or any(one.session.behind() for one in self.receivers):
            if count != self.checker.deliveries + self.checker.sessions:
                count, since = self.checker.deliveries + self.checker.sessions, self.now()
            elif self.now() - since > QUIET:
                return
            await asyncio.sleep(0.2)

    # What came of it.

    def report(self):
        kinds = {}
        for event in self.faults.history:
            kinds[event.kind] = kinds.get(event.kind, 0) + 1
        return (f"seed {self.seed}, {self.now():.0f} s, {len(self.receivers)} clients: {self.checker.summary()}; "
                f"faults {kinds}; {self.refused} handshakes refused, {self.silent} links given up as silent, "
                f"{self.refusals} messages not logged")

    def details(self):
        return [*self.checker.told, *(f"{name}: {trail}" for name, trail in self.checker.trails.items())]

    def verdict(self):
        """What is wrong; nothing is well."""
        found = [f"{count} {kind}" for kind, count in self.checker.violations.items()] + self.problems
        unexplained = self.checker.unrecovered["unexplained"]
        if unexplained:
            found.append(f"{unexplained} sessions were not recovered without a cause")
        return found
