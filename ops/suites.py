"""The test suites: Swift's, and the Python ones against real clusters. Each is counted from its JUnit report."""

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

from ops import build, files, testing
from ops.part import digest
from ops.places import ROOT
from ops.say import Failure, Step

#: Seconds a whole suite may take before it counts as hung: several times what it takes on two slow cores.
SWIFT_PATIENCE = 900
PYTHON_PATIENCE = 1500
#: Failures named in full at the end; the rest is in the log.
NAMED = 30


def swift(home, program, tally, extra=(), name="swift"):
    """`swift test` over what `build --build-tests` has built, with the same `extra` arguments."""
    report = testing.scratch(home, name) / "report.xml"
    step = Step(f"{name} tests")
    # Parallel tests on two cores would starve each other's timers; xunit needs swift-testing alone.
    arguments = [program, "test", "--disable-xctest", "--no-parallel", "--skip-build", *extra,
                 "--xunit-output", str(report)]
    status = watched(
        step, arguments, home.log(f"test-{name}"), SWIFT_PATIENCE, build.environment(program),
        lambda text: text if text.startswith(("✔", "✘", "◇")) else None)
    _count(step, report, status, tally, home.log(f"test-{name}"))


def environment(home, wanted=ROOT / "Tests" / "requirements.txt", name="venv"):
    """The virtual environment with what `wanted` pins; made anew when that changes."""
    step = Step("python")
    folder = home.path / name
    stamp = folder / "lastmile.json"
    key = digest(wanted.read_text(encoding="utf-8"), sys.version)
    python = folder / "bin" / "python"
    if python.exists() and files.read_json(stamp, {}).get("key") == key:
        step.done("packages there")
        return python
    log = home.log("install")
    for what, arguments in (
            ("making a virtual environment", [sys.executable, "-m", "venv", "--clear", str(folder)]),
            ("installing from PyPI", [str(python), "-m", "pip", "install", "--disable-pip-version-check",
                                      "--no-input", "--only-binary", ":all:", "-r", str(wanted)])):
        step.update(what)
        with open(log, "a", encoding="utf-8") as record:
            result = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=record, stderr=record, check=False)
        if result.returncode != 0:
            step.failed(what)
            raise Failure(f"{what} failed; see {log}")
    files.write_json(stamp, {"key": key})
    step.done(f"packages installed in {step.elapsed()}")
    return python


def python(home, program, folder, tally, deep, patience=PYTHON_PATIENCE):
    """pytest over one folder, if it has tests."""
    if not any((ROOT / folder).rglob("test_*.py")):
        return
    name = os.path.basename(folder).lower()
    scratch = testing.scratch(home, name)
    report = scratch / "report.xml"
    step = Step(f"{name} tests")
    selection = [] if deep else ["-m", "not deep"]
    # The cluster's tests kill and stop processes on a machine that others may load: a failure is tried once more, and the
    # log says RERUN. What fails twice has failed.
    if name == "cluster":
        selection += ["--reruns", "1"]
    arguments = [str(program), "-B", "-m", "pytest", "-c", "Tests/pytest.ini", "--rootdir", str(ROOT), "-v",
                 f"--junitxml={report}", *selection, folder]
    values = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", LASTMILE_ROOT=str(ROOT), PYTHONUNBUFFERED="1")
    # Each suite makes its own clusters; one that the caller works with is none of its business.
    values.pop("LASTMILE_HOME", None)
    status = watched(step, arguments, home.log(f"test-{name}"), patience, values,
                      lambda text: re.sub(r"\s*\[.*", "", text) if "::" in text else None)
    # 5: nothing was selected.
    if status != 5:
        _count(step, report, status, tally, home.log(f"test-{name}"))


def watched(step, arguments, log, patience, environment, progress):
    """Runs one suite with its output in `log`; ends it, and all it started, when it takes too long."""
    deadline = time.monotonic() + patience
    with open(log, "w", encoding="utf-8") as record:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        os.set_blocking(process.stdout.fileno(), False)
        rest = b""
        try:
            while True:
                chunk = process.stdout.read(65536)
                if chunk == b"":
                    break
                if chunk is None:
                    if process.poll() is not None:
                        # Whatever it left running may hold the pipe open for ever.
                        break
                    if time.monotonic() > deadline:
                        os.killpg(process.pid, signal.SIGKILL)
                        record.write(f"\nkilled after {patience} s\n")
                        break
                    time.sleep(0.1)
                    continue
                *whole, rest = (rest + chunk).split(b"\n")
                for piece in whole:
                    text = piece.decode("utf-8", "replace")
                    record.write(text + "\n")
                    seen = progress(text)
                    if seen:
                        step.update(seen)
                record.flush()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        record.write(rest.decode("utf-8", "replace"))
        return process.wait()


def _count(step, report, status, tally, log):
    """Adds a JUnit report to the tally. A suite that died without one failed."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        tally.add(failed=1)
        tally.complaints.append(f"FAILED {step.name}: broke off (exit status {status}); see {log}")
        step.failed(f"broke off, see {log}")
        return
    passed = failed = skipped = 0
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            if failed <= NAMED:
                first = next(iter(case.findall("failure") + case.findall("error")))
                said = (first.get("message") or "").strip().splitlines()
                tally.complaints.append(
                    f"FAILED {case.get('classname')} {case.get('name')}: {said[0][:200] if said else ''}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    if status != 0 and failed == 0:
        failed = 1
        tally.complaints.append(f"FAILED {step.name}: exit status {status} with no failed test; see {log}")
    tally.add(passed, failed, skipped)
    summary = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    if failed:
        step.failed(f"{summary}; see {log}")
    else:
        step.done(f"{summary}, in {step.elapsed()}")
