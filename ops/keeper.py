"""Keeps one part running: starts it, waits until it serves, starts it again when it dies."""

import asyncio
import json
import os
import pwd
import re
import signal
import time
from pathlib import Path

from ops import postgres, probes, processes
from ops.accounts import Account
from ops.processes import Identity
from ops.say import Failure

#: Seconds before a part that died is started again; the last one repeats. The first is short, for most deaths are
#: single ones and others wait for the part.
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
#: A part that ran this many seconds had a good start: the next pause is the shortest again.
GOOD = 20.0
#: Starts that may end before the part served until a start counts as failed: one may be bad luck (a port in its last
#: moments, an orphan of before), two are a reason.
CHANCES = 2
#: Seconds from start to serving before a start counts as failed. Recovery of a large database is the slowest.
START_PATIENCE = 90.0
#: Seconds between two questions whether a starting part serves.
PROBE_PAUSE = 0.1
#: Seconds between looks at a process where the kernel has no pidfd_open.
LOOK_PAUSE = 0.3
#: Bytes at a log's end that are searched for the reason.
LOG_END = 16384
#: How a node says that a setting makes no sense: another try would end the same (EX_CONFIG, sysexits.h).
REFUSES_SETTINGS = 78


class Keeper:
    """One part. All of it runs on the supervisor's asyncio loop."""

    def __init__(self, changed, say):
        self.changed = changed
        self.say = say
        self.part = None
        self.identity = None
        self.process = None
        self.status = None
        self.log_began = 0
        self.state = "stopped"
        self.restarts = 0
        self.failures = 0
        self.reason = ""
        self.wanted = False
        self.task = None
        self.news = asyncio.Event()

    def adopt(self, part, identity, restarts):
        """Takes over a process that an earlier supervisor left."""
        self.part, self.identity, self.restarts = part, identity, restarts
        self._begin()

    def start(self, part):
        self.part = part
        self.failures = 0
        self._begin()

    async def stop(self, hurry=False):
        """Ends it, within the part's patience (at once in a hurry)."""
        self.wanted = False
        if self.identity is not None and self.identity.alive():
            self._set("stopping")
            self.identity.signal(signal.SIGKILL if hurry else self.part.stop_signal)
            # A stopped process takes no other signal until it is continued.
            self.identity.signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(self._ended(), self.part.patience)
            except asyncio.TimeoutError:
                self.say(f"{self.part.name}: still there after {self.part.patience:g} s, killed")
                self.identity.signal(signal.SIGKILL)
                await self._ended()
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None
        self._clear()
        self._set("stopped")

    async def serving(self, chances=CHANCES):
        """Returns once it serves; a Failure with the reason when it will not."""
        deadline = time.monotonic() + START_PATIENCE
        while self.state != "running":
            if self.failures >= chances:
                raise Failure(f"{self.part.name} does not start: {self.reason}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"{self.part.name} does not answer after {START_PATIENCE:g} s"
                              f"{': ' + self.reason if self.reason else ''}; see {self.part.log}")
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except asyncio.TimeoutError:
                pass

    def record(self):
        alive = self.identity is not None and self.identity.alive()
        return {
            "name": self.part.name, "state": self.state, "restarts": self.restarts, "reason": self.reason,
            "process": self.identity.record() if alive else None, "part": self.part.to_json(),
        }

    def _begin(self):
        self.wanted = True
        self.task = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self):
        pause = 0
        while self.wanted:
            if self.identity is None:
                try:
                    self._spawn()
                except OSError as problem:
                    self.reason = str(problem)
            began = time.monotonic()
            served = False
            if self.identity is not None:
                self._set("starting")
                served = await self._serve()
            if not self.wanted:
                return
            lived = time.monotonic() - began
            self._clear()
            self.reason = self._why()
            self.failures = 0 if served else self.failures + (CHANCES if self.status == REFUSES_SETTINGS else 1)
            pause = 0 if served and lived >= GOOD else pause
            self.restarts += 1
            seconds = PAUSES[min(pause, len(PAUSES) - 1)]
            pause += 1
            self.say(f"{self.part.name}: ended ({self.reason}); starting it again in {seconds:g} s")
            self._set("restarting")
            await asyncio.sleep(seconds)

    async def _serve(self):
        """From start to end of the process; whether it ever served."""
        ended = asyncio.ensure_future(self._ended())
        asking = asyncio.ensure_future(self._ask())
        try:
            await asyncio.wait({ended, asking}, return_when=asyncio.FIRST_COMPLETED)
            served = asking.done()
            if served:
                self.failures = 0
                self.reason = ""
                self._set("running")
            await ended
            return served
        finally:
            for task in (ended, asking):
                task.cancel()

    async def _ask(self):
        while not await asyncio.to_thread(probes.ready, self.part.probe, self.identity.pid):
            await asyncio.sleep(PROBE_PAUSE)

    async def _ended(self):
        loop = asyncio.get_running_loop()
        try:
            handle = os.pidfd_open(self.identity.pid)
        except (OSError, AttributeError):
            handle = None
        if handle is None:
            while self.identity.alive():
                await asyncio.sleep(LOOK_PAUSE)
            return
        try:
            # The pid may have changed hands between its record and the handle.
            if not self.identity.alive():
                return
            over = loop.create_future()
            loop.add_reader(handle, lambda: over.done() or over.set_result(None))
            try:
                await over
            finally:
                loop.remove_reader(handle)
        finally:
            os.close(handle)

    def _spawn(self):
        if self.part.kind == "postgres":
            postgres.clear_after_crash(Path(self.part.folder), Path(self.part.address))
        self.log_began = os.path.getsize(self.part.log) if os.path.exists(self.part.log) else 0
        account = Account(pwd.getpwnam(self.part.account)) if self.part.account else None
        self.process = processes.spawn(
            self.part.arguments, self.part.environment, self.part.log, self.part.cwd, account,
            self.part.folder)
        self.identity = Identity.of(self.process.pid)
        # Written at once: whoever comes after a killed supervisor must find this process.
        self._set("starting")

    def _clear(self):
        """What is left after the process: its exit status, and members of its group that outlived it."""
        if self.process is not None:
            self.status = self.process.poll()
        else:
            self.status = None
        if self.identity is not None:
            self.identity.signal_group(signal.SIGKILL)
        self.process = self.identity = None

    def _why(self):
        """In a few words why it ended: its last line, for a refusal to start is one line; else the signal."""
        if self.status is not None and self.status < 0:
            return f"killed by {signal.Signals(-self.status).name}"
        text = _complaint(self.part.log, self.log_began)
        if self.status is None:
            return "killed or crashed"
        return text if self.status != 0 and text else f"exit status {self.status}"

    def _set(self, state):
        self.state = state
        self.changed()
        # Whoever waits looks again; the next change has an event of its own.
        self.news.set()
        self.news = asyncio.Event()


#: How servers mark the line that says why they give up.
_GRAVE = re.compile(r"FATAL|PANIC|\[emerg\]|Fatal error|FATAL CONFIG|^lastmile-node: ")


def _complaint(path, begin):
    """Why a part gave up, from its log after `begin` bytes: the last line that says so, else the last line."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(begin if begin <= size else 0, size - LOG_END))
            lines = [text.strip() for text in file.read().decode("utf-8", "replace").splitlines() if text.strip()]
    except OSError:
        return ""
    grave = [text for text in lines if _GRAVE.search(text)]
    last = (grave or lines or [""])[-1]
    try:
        value = json.loads(last)
        return str(value.get("detail") or value.get("event") or last)
    except (ValueError, AttributeError):
        return last.removeprefix("lastmile-node: ")
