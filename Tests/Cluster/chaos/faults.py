"""What happens to the cluster and its clients, one thing after the other and sometimes two at once, as a seed has it."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass

#: Seconds a fault's effects on sessions may come late: silence that is noticed, sockets that are closed in waves.
AFTERMATH = 45.0
#: Seconds until every node has found that Redis is another: until then it promises sessions that end with that.
REDISCOVERY = 5.0
#: Seconds for a node to end after SIGTERM.
DRAIN_PATIENCE = 30.0


@dataclass
class Event:
    kind: str
    about: str
    begin: float
    end: float = float("inf")


class Faults:
    """`history` is what was done. A node that is killed, paused, drained or cut off is left alone by the others, so that
    two of three always work, as far as Redis does; but at times two at once are cut off from Redis."""

    #: By kind: how often, next to the others.
    KINDS = {"kill": 4, "pause": 3, "drain": 2, "hole": 3, "reset": 3, "two holes": 2, "split": 2, "redis kept": 1,
             "redis empty": 1, "redis paused": 1, "memory": 2, "vanish": 4, "stall": 3, "storm": 3}
    #: After these the server may be unsure what a socket has missed. Redis's restart begins a new life of the log, which
    #: ends every session that began before, however late its client comes back; the others count for a while.
    UNSURE = {"redis kept": True, "redis empty": True, "redis paused": False, "memory": False,
              "hole": False, "reset": False, "two holes": False}

    def __init__(self, ground, arena, random, tell=print):
        self.ground, self.arena, self.random, self.tell = ground, arena, random, tell
        self.history = []
        self.busy = set()
        self.tasks = set()

    def cause(self, began, left, now):
        """Why a session that began at `began` and was left at `left` may have been lost."""
        for is_for_ever, since in ((True, began - REDISCOVERY), (False, left - AFTERMATH)):
            for event in reversed(self.history):
                if self.UNSURE.get(event.kind) is is_for_ever and event.end >= since and event.begin <= now:
                    return event.kind
        return "unexplained"

    async def run(self, until, gap):
        """Until `until()`, with `gap` seconds, more or less, between the beginnings."""
        wished = os.environ.get("CHAOS_WITHOUT", "").split(",")
        while not until():
            kinds = [kind for kind in self.KINDS if self._is_possible(kind) and kind not in wished]
            kind = self.random.choices(kinds, [self.KINDS[kind] for kind in kinds])[0]
            self.begin(kind)
            await asyncio.sleep(gap * self.random.uniform(0.3, 1.7))
        await asyncio.gather(*self.tasks)

    async def one(self, kind, *arguments):
        await self.begin(kind, *arguments)

    NODE_FAULTS = ("kill", "pause", "drain", "hole", "reset")
    PAIR_FAULTS = ("two holes", "split")
    REDIS_FAULTS = ("redis kept", "redis empty", "redis paused", "memory")

    def _is_possible(self, kind):
        if kind in self.NODE_FAULTS or kind == "two holes":
            return not any(isinstance(one, int) for one in self.busy) and not (
                # A node waits for Redis when it begins.
                kind in ("kill", "drain") and "redis" in self.busy)
        if kind in self.REDIS_FAULTS:
            return "redis" not in self.busy and not {"kill", "drain"} & self.busy
        return kind not in self.busy

    def begin(self, kind, target=None):
        numbers = range(len(self.ground.nodes))
        if kind in self.NODE_FAULTS and target is None:
            target = self.random.choice(numbers)
        elif kind in self.PAIR_FAULTS and target is None:
            target = self.random.sample(numbers, 2)
        held = {kind}
        if kind in self.NODE_FAULTS:
            held.add(target)
        elif kind == "two holes":
            held.update(target)
        elif kind in self.REDIS_FAULTS:
            held.add("redis")
        self.busy |= held
        task = asyncio.ensure_future(self._do(kind, target, held))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _do(self, kind, target, held):
        names = [] if target is None else target if isinstance(target, list) else [target]
        about = " ".join(map(self.ground.name, names))
        event = Event(kind, about, self.arena.now())
        self.history.append(event)
        seconds = self.random.choice(self.LENGTHS.get(kind, (0.0,))) * self.random.uniform(0.7, 1.3)
        self.tell(f"{event.begin:8.3f} {kind} {about} {seconds:.1f} s")
        try:
            await getattr(self, "_" + kind.replace(" ", "_"))(target, seconds)
        finally:
            event.end = self.arena.now()
            self.busy -= held

    #: Seconds, shorter and longer than the 2 s after which Redis and the 3 s after which another node counts as gone.
    LENGTHS = {"kill": (0.1, 1.0, 4.0), "pause": (1.0, 2.5, 5.0, 12.0), "hole": (0.5, 1.5, 4.0, 9.0),
               "reset": (0.1, 1.0, 5.0), "two holes": (0.5, 1.5, 4.0, 9.0), "split": (0.5, 2.0, 5.0, 10.0),
               "redis kept": (0.1, 2.0, 5.0), "redis empty": (0.1, 2.0, 5.0), "redis paused": (1.0, 3.0, 6.0),
               "memory": (0.3, 1.5, 4.0), "stall": (1.0, 3.0, 8.0)}

    async def _kill(self, node, seconds):
        self._check(node)
        await asyncio.to_thread(self.ground.kill, node)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.ground.restart, node)

    def _check(self, node):
        status = self.ground.nodes[node].poll()
        if status is not None:
            self.arena.problems.append(f"{self.ground.name(node)} ended by itself: {status}")

    async def _pause(self, node, seconds):
        self.ground.pause(node)
        await asyncio.sleep(seconds)
        self.ground.resume(node)

    async def _drain(self, node, _):
        self._check(node)
        process = self.ground.nodes[node]
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        while process.poll() is None and time.monotonic() < begin + DRAIN_PATIENCE:
            await asyncio.sleep(0.05)
        if process.poll() is None:
            self.arena.problems.append(f"{self.ground.name(node)} did not end within {DRAIN_PATIENCE:g} s of SIGTERM")
        elif process.returncode != 0:
            self.arena.problems.append(f"{self.ground.name(node)} ended with {process.returncode} after SIGTERM")
        await asyncio.to_thread(self.ground.restart, node)

    async def _hole(self, *arguments):
        await self._cut(*arguments)

    async def _two_holes(self, nodes, seconds):
        await asyncio.gather(*(self._cut(node, seconds) for node in nodes))

    async def _split(self, nodes, seconds):
        await self._cut("{}-{}".format(*nodes), seconds)

    async def _cut(self, link, seconds):
        self.ground.links.order("hole", link)
        await asyncio.sleep(seconds)
        if self.random.random() < 0.5:
            self.ground.links.order("reset", link)
        self.ground.links.order("pass", link)

    async def _reset(self, node, seconds):
        self.ground.links.order("reset", node)
        await asyncio.sleep(seconds)
        self.ground.links.order("pass", node)

    async def _redis_kept(self, _, seconds):
        await self._redis(seconds, is_empty=False)

    async def _redis_empty(self, _, seconds):
        await self._redis(seconds, is_empty=True)

    async def _redis(self, seconds, is_empty):
        await asyncio.to_thread(self.ground.kill_redis)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.ground.restart_redis, is_empty)

    async def _redis_paused(self, _, seconds):
        self.ground.redis_process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.ground.redis_process.send_signal(signal.SIGCONT)

    async def _memory(self, _, seconds):
        assert self.ground.redis("CONFIG", "SET", "maxmemory", "1mb").startswith("+OK")
        await asyncio.sleep(seconds)
        assert self.ground.redis("CONFIG", "SET", "maxmemory", "0").startswith("+OK")

    # Clients.

    def _some(self, part):
        everybody = [one for one in self.arena.receivers if one.is_connected]
        return self.random.sample(everybody, int(len(everybody) * part))

    async def _vanish(self, *_):
        for one in self._some(0.1):
            one.vanish()

    async def _stall(self, _, seconds):
        links = [one.link for one in self._some(0.1)]
        for link in links:
            link.stall()
        await asyncio.sleep(seconds)
        for link in links:
            link.resume()

    async def _storm(self, *_):
        """All clients of a node drop their connections, and come back within a moment."""
        node = self.ground.name(self.random.randrange(len(self.ground.nodes)))
        for one in [one for one in self.arena.receivers if one.is_connected and one.node == node]:
            one.drop(after=self.random.uniform(0, 0.05))
