"""The supervisor: carries out what `up`, `rollout` and `down` ask for, and keeps every part alive meanwhile.

`up` writes desired.json and sends SIGUSR1; the supervisor makes the cluster so and answers in state.json, by the
request's number. SIGTERM stops everything. SIGUSR2 makes it leave without stopping anything, for a newer one that
takes the parts over. In the foreground it also stops when `up`, at the other end of its standard input, is gone.
"""

import asyncio
import math
import os
import resource
import shutil
import signal
import sys
import time
import traceback

from ops import files, logs, nginx
from ops.keeper import Keeper
from ops.part import Part, digest
from ops.places import ROOT
from ops.processes import Identity
from ops.say import Failure
from ops.state import State

#: Seconds between looks at the size of the logs.
LOG_PAUSE = 30.0
#: Seconds that Nginx gets to put new workers in place after a reload.
RELOAD_PATIENCE = 3.0


def code():
    """Digest of this program: a supervisor of before an update is replaced."""
    return digest(*(path.read_bytes() for path in sorted((ROOT / "ops").glob("*.py"))))


class Supervisor:
    def __init__(self, home, foreground):
        self.home = home
        self.foreground = foreground
        self.keepers = {}
        self.desired = files.read_json(home.desired, {})
        self.generation = 0
        self.phase = "starting"
        self.activity = ""
        self.error = None
        self.code = code()
        self.identity = Identity.of(os.getpid())
        self.asked = asyncio.Event()
        self.ending = asyncio.Event()
        self.leaving = False
        self.hurry = False

    async def run(self):
        """Until it is told to end. Exit status: 0 unless the first request failed."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.asked.set)
        loop.add_signal_handler(signal.SIGUSR2, self._leave)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        if self.foreground:
            loop.add_reader(0, self._caller_spoke)
        self._adopt()
        self.asked.set()
        background = [asyncio.ensure_future(self._serve_requests()), asyncio.ensure_future(self._bound_logs())]
        await self.ending.wait()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if self.leaving:
            # What this supervisor knows stays in state.json; the parts run on.
            return 0
        failed = self.error if self.phase == "failed" else None
        await self._stop_everything()
        self.phase = "failed" if failed else "stopped"
        self.save()
        return 1 if failed else 0

    # MARK: requests

    async def _serve_requests(self):
        while True:
            await self.asked.wait()
            self.asked.clear()
            desired = files.read_json(self.home.desired)
            if desired is None or desired["generation"] == self.generation:
                continue
            first = not self.keepers
            previous, self.desired = self.desired, desired
            self.phase, self.error = ("starting" if first else "changing"), None
            try:
                await self._reconcile({value["name"]: Part.from_json(value) for value in desired["parts"]},
                                      desired.get("rollout", False))
            except Exception as problem:
                # A mistake of this program's own must not leave the caller waiting, nor the parts without a keeper.
                if not isinstance(problem, Failure):
                    traceback.print_exc()
                self.error = str(problem) if isinstance(problem, Failure) else f"{type(problem).__name__}: {problem}"
                self.say(self.error)
                if first:
                    self.generation, self.phase = desired["generation"], "failed"
                    self.ending.set()
                    return
                self.desired = previous
            self.generation, self.phase, self.activity = desired["generation"], "running", ""
            self.save()

    async def _reconcile(self, wanted, rollout):
        """Makes the cluster what `wanted` says. Servers first and all at once, since no node is any use without
        them; nodes one after the other, so that the others serve meanwhile."""
        servers = [name for name, part in wanted.items() if part.kind in ("postgres", "redis")]
        nodes = [name for name, part in wanted.items() if part.kind == "node"]
        changed = {name for name, part in wanted.items() if self._differs(name, part)}
        there = {name for name, keeper in self.keepers.items() if keeper.part.kind == "node"}

        if changed.intersection(servers) and there:
            await self._stop(sorted(there))
            there = set()
        await self._replace([name for name in servers if name in changed], wanted)

        if there:
            await self._replace([name for name in nodes if name not in there], wanted)
            await self._door(wanted, nodes)
            for name in nodes:
                if name in there and (rollout or name in changed):
                    await self._roll(name, wanted[name], wanted, nodes)
        else:
            await self._replace([name for name in nodes if name in changed or name not in self.keepers], wanted)
            await self._door(wanted, nodes)
        await self._stop(sorted(there.difference(nodes)))
        # What nothing changed about has to serve as well before the request counts as carried out. It may be in the
        # middle of starting again, and gets all the time for that.
        self._say_doing("waiting until all is healthy")
        await asyncio.gather(*(keeper.serving(chances=math.inf) for keeper in self.keepers.values()))

    def _differs(self, name, part):
        keeper = self.keepers.get(name)
        return keeper is None or keeper.part.fingerprint() != part.fingerprint()

    async def _replace(self, names, wanted):
        """Stops and starts parts side by side."""
        if not names:
            return
        self._say_doing(f"starting {', '.join(names)}")
        await self._stop([name for name in names if name in self.keepers])
        for name in names:
            keeper = self.keepers[name] = Keeper(self.save, self.say)
            keeper.start(wanted[name])
        await asyncio.gather(*(self.keepers[name].serving() for name in names))

    async def _stop(self, names):
        if names:
            self._say_doing(f"stopping {', '.join(names)}")
            await asyncio.gather(*(self.keepers[name].stop(self.hurry) for name in names))
            for name in names:
                del self.keepers[name]

    async def _door(self, wanted, nodes):
        """Nginx as wanted, with every node in its upstreams."""
        part = wanted["nginx"]
        self._write_nodes(wanted, nodes, down=())
        keeper = self.keepers.get("nginx")
        if self._differs("nginx", part):
            await self._replace(["nginx"], wanted)
        elif keeper.part.reloadable != part.reloadable:
            keeper.part = part
            await self._reload()
        self.save()

    async def _roll(self, name, part, wanted, nodes):
        """One node: out of the door's upstreams, drained, replaced, serving, back in. A replacement that does not
        start gives way to what was there before."""
        keeper = self.keepers[name]
        before = keeper.part
        several = len(nodes) > 1
        self._say_doing(f"{name}: draining")
        if several:
            self._write_nodes(wanted, nodes, down=(name,))
            await self._reload()
        try:
            await keeper.stop()
            self._say_doing(f"{name}: starting")
            keeper.start(part)
            await keeper.serving()
        except Failure:
            await keeper.stop(hurry=True)
            keeper.start(before)
            await keeper.serving()
            raise
        finally:
            if several:
                self._write_nodes(wanted, nodes, down=())
                await self._reload()

    def _write_nodes(self, wanted, nodes, down):
        text = nginx.render_nodes([(name, wanted[name].address) for name in nodes], down)
        files.write(self.home.nginx / "site" / "nodes.conf", text, mode=0o644)

    async def _reload(self):
        """New workers with the new configuration; the old ones serve their sockets to the end."""
        keeper = self.keepers.get("nginx")
        identity = keeper.identity if keeper is not None else None
        before = _children(identity.pid) if identity is not None else set()
        # One that is just being started again reads the new configuration anyway.
        if identity is None or not before or not identity.signal(signal.SIGHUP):
            return
        deadline = time.monotonic() + RELOAD_PATIENCE
        while not _children(identity.pid) - before and identity.alive():
            if time.monotonic() > deadline:
                raise Failure(f"nginx did not take its new configuration; see {keeper.part.log}")
            await asyncio.sleep(0.05)

    # MARK: the end

    async def _stop_everything(self):
        """The door first, so that no client is told of the rest; PostgreSQL last."""
        self.phase = "stopping"
        kinds = {"nginx": 0, "node": 1, "redis": 2, "postgres": 3}
        for rank in sorted(set(kinds.values())):
            await self._stop([name for name, keeper in self.keepers.items() if kinds[keeper.part.kind] == rank])
        run = self.home.run()
        if self.home.path not in run.parents:
            shutil.rmtree(run, ignore_errors=True)

    def _end(self):
        if self.ending.is_set():
            # Asked twice: whoever asks does not want to wait for draining.
            self.hurry = True
            for keeper in self.keepers.values():
                if keeper.part.kind == "node" and keeper.identity is not None:
                    keeper.identity.signal(signal.SIGKILL)
        self.ending.set()

    def _leave(self):
        self.leaving = True
        self.ending.set()

    def _caller_spoke(self):
        if not os.read(0, 4096):
            asyncio.get_running_loop().remove_reader(0)
            self._end()

    # MARK: bookkeeping

    def _adopt(self):
        """Parts that an earlier supervisor left running."""
        for part, identity, record in State.load(self.home).parts():
            if identity is None:
                continue
            if identity.alive():
                keeper = self.keepers[part.name] = Keeper(self.save, self.say)
                keeper.adopt(part, identity, record["restarts"])
                self.say(f"{part.name}: taken over, pid {identity.pid}")
            else:
                identity.signal_group(signal.SIGKILL)

    async def _bound_logs(self):
        while True:
            await asyncio.sleep(LOG_PAUSE)
            for path in self.home.logs.glob("*.log"):
                await asyncio.to_thread(logs.bound, path)

    def _say_doing(self, text):
        self.activity = text
        self.say(text)
        self.save()

    def say(self, text):
        print(f"{time.strftime('%FT%TZ', time.gmtime())} {text}", flush=True)

    def save(self):
        # Without fsync: the state of processes does not outlive a power failure anyway.
        files.write_json(self.home.state, {
            "supervisor": self.identity.record(), "detached": not self.foreground, "code": self.code,
            "phase": self.phase, "activity": self.activity, "error": self.error, "generation": self.generation,
            "parts": [self.keepers[name].record() for name in sorted(self.keepers, key=self._rank)],
        }, durable=False)

    def _rank(self, name):
        """Order in lists: as they are started, nodes by number."""
        kind = self.keepers[name].part.kind
        return ("postgres", "redis", "node", "nginx").index(kind), len(name), name


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return set(file.read().split())
    except OSError:
        return set()


def main(home, foreground):
    lock = files.try_lock(home.supervisor_lock)
    if lock is None:
        print("another supervisor is at work here", file=sys.stderr)
        return 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.chdir("/")

    async def begin():
        return await Supervisor(home, foreground).run()

    return asyncio.run(begin())
