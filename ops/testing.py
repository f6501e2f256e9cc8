"""`./lastmile test`: everything, in order, with one closing line."""

import os
import shutil
import time

from ops import bench, build, checks, prerequisites, suites
from ops.say import Failure, Step, bold, duration, line


class Tally:
    """What passed, failed and was skipped so far, and how many of the passed did so on the second try."""

    def __init__(self):
        self.passed = self.failed = self.skipped = self.retried = 0
        self.complaints = []

    def add(self, passed=0, failed=0, skipped=0, retried=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.retried += retried

    def closing(self):
        text = f"{self.passed} passed, {self.failed} failed"
        text += f", {self.skipped} skipped" if self.skipped else ""
        return text + (f", {self.retried} on second try" if self.retried else "")


def run(home, deep):
    """All of it; exit status 1 when anything failed. A failure does not keep the rest from running, unless nothing
    could: a build that breaks ends it."""
    began = time.monotonic()
    home.create()
    line(bold("Lastmile, testing" + (" deeply" if deep else "")))
    tally = Tally()
    try:
        _everything(home, deep, tally)
    except Failure as problem:
        tally.add(failed=1)
        tally.complaints.append(str(problem))
    line()
    for text in tally.complaints:
        line(text)
    line(f"after {duration(time.monotonic() - began)}")
    line(tally.closing())
    return 1 if tally.failed else 0


def _everything(home, deep, tally):
    prerequisites.ensure(
        Step("packages"), home.log("install"), prerequisites.BUILD, prerequisites.RUN, prerequisites.TEST,
        also=build.libraries())
    prerequisites.wish(Step("browser"), home.log("install"), prerequisites.BROWSER)
    step = Step("toolchain")
    swift, number = build.toolchain()
    step.done(f"Swift {number}")
    for name, check in checks.ALL.items():
        _check(name, check, home, swift, tally)

    step = Step("test build")
    build.run(step, swift, ["build", "--build-tests"], home.log("build"), "tests")
    step.done(f"in {step.elapsed()}")
    suites.swift(home, swift, tally)

    build.release(Step("build"), home.log("build"))
    _check("allocations", lambda home, swift, step: bench.allocations(home, swift), home, swift, tally)
    python = suites.environment(home)
    client = suites.browser_client(home, python)
    for folder in ("Tests/Ops", "Tests/Interop", "Tests/Cluster"):
        suites.python(home, python, folder, tally, deep, {"SOCKET_IO_JS": str(client)})
    if deep:
        from ops import deeper
        deeper.run(home, swift, tally)


def _check(name, check, home, swift, tally):
    step = Step(name)
    try:
        complaints = check(home, swift, step)
    except Failure as problem:
        complaints = [str(problem)]
    if complaints:
        step.failed()
        for text in complaints[:20]:
            step.note(text)
        tally.add(failed=1)
        tally.complaints += [f"FAILED {name}: {complaints[0]}"]
    else:
        step.done(f"clean, in {step.elapsed()}")
        tally.add(passed=1)


def scratch(home, name):
    """An empty folder for one suite's files."""
    folder = home.path / "test" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chmod(folder, 0o755)
    return folder
