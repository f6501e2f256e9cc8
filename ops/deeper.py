"""What `./lastmile test --deep` adds: sanitizers, fuzzing, long runs, Compose, systemd."""

import os
from pathlib import Path

from ops import build, suites
from ops.places import ROOT
from ops.say import Failure, Step

#: Seconds for one of the long programs.
PATIENCE = 3600
#: Sanitizers, each with the settings of its run.
SANITIZERS = {
    "thread": {"TSAN_OPTIONS": f"suppressions={ROOT / 'Tests' / 'thread-sanitizer.txt'}:history_size=4"},
    # Reads and writes, not leaks: servers and clients are made for the process's life, and a test's outlive the test.
    "address": {"ASAN_OPTIONS": "detect_leaks=0"},
}


def run(home, swift, tally):
    for name, variables in SANITIZERS.items():
        extra = ["--sanitize", name, "--scratch-path", str(ROOT / ".build" / f"sanitize-{name}")]
        step = Step(f"{name} build")
        try:
            build.run(step, swift, ["build", "--build-tests", *extra], home.log("build"), f"{name} sanitizer")
        except Failure as problem:
            tally.add(failed=1)
            tally.complaints.append(f"FAILED {name} sanitizer: {problem}")
            continue
        step.done(f"in {step.elapsed()}")
        suites.swift(home, swift, tally, extra, name, variables)
    for path in ("Fuzz/run", "deploy/compose/check", "deploy/systemd/check"):
        _program(home, path, tally, _image_toolchain(swift))


def _image_toolchain(swift):
    """The toolchain from which the node can be built in its image, that is, one with the static runtime."""
    folder = Path(swift).resolve().parents[2]
    static = (folder / "usr" / "lib" / "swift_static").is_dir()
    # One that is installed into the system itself cannot be told from the rest of it.
    return {"LASTMILE_CHECK_TOOLCHAIN": str(folder)} if static and folder != Path("/") else {}


def _program(home, path, tally, variables):
    """One executable of the clone's own; its exit status is the verdict. A last line "skipped: why" says that it could do
    nothing here."""
    program = ROOT / path
    if not os.access(program, os.X_OK):
        return
    step = Step(path)
    log = home.log("test-" + path.replace("/", "-"))
    status = suites.watched(step, [str(program)], log, PATIENCE,
                            dict(os.environ, LASTMILE_ROOT=str(ROOT)) | variables, lambda text: text)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if status == 0 and said and said[-1].startswith("skipped:"):
        step.done(said[-1])
        tally.add(skipped=1)
    elif status == 0:
        step.done(f"passed, in {step.elapsed()}")
        tally.add(passed=1)
    else:
        step.failed(f"exit status {status}; see {log}")
        tally.add(failed=1)
        tally.complaints.append(f"FAILED {path}: exit status {status}; see {log}")
