"""Measurements: every executable `Benchmarks/<name>.py`, one at a time, so that nothing else of ours runs beside it."""

import os
import signal
import subprocess
import sys

from ops import build, prerequisites, processes
from ops.places import ROOT
from ops.say import Failure, Step, bold, line

FOLDER = ROOT / "Benchmarks"
PRODUCTS = ("lastmile-load", "realtime-echo", "store-bench", "lastmile-allocations")
#: Seconds for one of them; each bounds its own rounds to less.
PATIENCE = 600


def run(home, name, rounds=None, json=None):
    """One benchmark, or all of them; fails when one does. `json`: a file that gets one line a benchmark."""
    known = _known()
    chosen = known if name is None else {name: known[name]} if name in known else None
    if not chosen:
        raise Failure(f"there is no benchmark {name} (there are: {', '.join(known)})")
    home.create()
    swift, _ = build.toolchain()
    prerequisites.ensure(Step("packages"), home.log("install"), prerequisites.BUILD, prerequisites.RUN)
    build.release(Step("build"), home.log("build"))
    products(home, swift)
    arguments = (["--rounds", str(rounds)] if rounds else []) + (["--json", os.path.abspath(json)] if json else [])
    failed = []
    for one, program in chosen.items():
        line()
        line(bold(one))
        try:
            result = subprocess.run([sys.executable, "-B", str(program), *arguments], cwd=ROOT, check=False,
                                    stdin=subprocess.DEVNULL, timeout=PATIENCE,
                                    preexec_fn=processes.outlived(signal.SIGTERM))
            passed = result.returncode == 0
        except subprocess.TimeoutExpired:
            passed = False
        if not passed:
            failed.append(one)
    if failed:
        raise Failure(f"out of bounds or broken off: {', '.join(failed)}")
    return 0


def products(home, swift, names=PRODUCTS):
    """Builds what measures, in release beside what is measured."""
    step = Step("measures")
    for product in names:
        build.run(step, swift, ["build", *build.RELEASE, "--product", product], home.log("build"), product)
    step.done(f"in {step.elapsed()}")


def allocations(home, swift):
    """The complaints of the allocation limits: cheap, so `./lastmile test` asks too."""
    products(home, swift, ("lastmile-allocations",))
    result = subprocess.run(
        [str(build.binary("lastmile-allocations")), str(FOLDER / "Allocations" / "limits.json")],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    over = [text for text in result.stdout.splitlines() if not text.startswith("ok")]
    if result.returncode != 0 and not over:
        over = [(result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[0]]
    return over


def _known():
    return {path.stem: path for path in sorted(FOLDER.glob("*.py")) if os.access(path, os.X_OK)}
