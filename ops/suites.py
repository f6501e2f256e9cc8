"""The test suites: Swift's, and the Python ones against real clusters. Each is counted from its JUnit report."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

from ops import build, files, testing
from ops.part import digest
from ops.places import ROOT
from ops.say import Failure, Step

#: Seconds a whole suite may take before it counts as hung: several times what it takes on two slow cores.
SWIFT_PATIENCE = 900
PYTHON_PATIENCE = 1500
#: The same with the deep tests, which play days of deliveries and kill parts of the cluster for a minute at a time.
DEEP_PATIENCE = 5400
#: Failures named in full at the end; the rest is in the log.
NAMED = 30
#: Failed Swift tests that are tried once more: the machine may have been busy with something else. More have a cause.
TRIED_AGAIN = 5


def swift(home, program, tally, extra=(), name="swift", variables=None):
    """`swift test` over what `build --build-tests` has built, with the same `extra` arguments."""
    scratch = testing.scratch(home, name)
    step = Step(f"{name} tests")
    log = home.log(f"test-{name}")

    def attempt(report, *selection, mode="w"):
        # Parallel tests on two cores would starve each other's timers; xunit needs swift-testing alone.
        arguments = [program, "test", "--disable-xctest", "--no-parallel", "--skip-build", *extra,
                     "--xunit-output", str(report), *selection]
        return watched(step, arguments, log, SWIFT_PATIENCE, build.environment(program) | dict(variables or {}),
                       lambda text: text if text.startswith(("✔", "✘", "◇")) else None, mode)

    def passes_now(case):
        with open(log, "a", encoding="utf-8") as record:
            record.write(f"RERUN {_name(case)}\n")
        report = scratch / "again.xml"
        report.unlink(missing_ok=True)
        if attempt(report, "--filter", _filter(case), mode="a") != 0:
            return False
        try:
            cases = list(ElementTree.parse(report).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError):
            return False
        # A filter that found nothing has shown nothing.
        return bool(cases) and not any(_failures(case) for case in cases)

    report = scratch / "report.xml"
    _count(step, report, attempt(report), tally, log, passes_now)


def _filter(case):
    """A pattern for one test's identifier. Raw identifiers hold about every sign that means something in a pattern."""
    text = f"{case.get('classname')}.{case.get('name')}"
    return re.sub(r"[^A-Za-z0-9]", lambda found: ".?" if found[0] == "`" else ".", text)


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


def browser_client(home, python, wanted=ROOT / "Tests" / "browser-client.txt"):
    """The one file of the pinned package that the browser's tests need."""
    client = home.path / "test-client" / digest(wanted.read_text(encoding="utf-8")) / "socket.io.min.js"
    if client.exists():
        return client
    step = Step("browser client")
    with tempfile.TemporaryDirectory() as folder, open(home.log("install"), "a", encoding="utf-8") as record:
        step.update("downloading from PyPI")
        result = subprocess.run(
            [str(python), "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps",
             "--only-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", folder],
            stdin=subprocess.DEVNULL, stdout=record, stderr=record, check=False)
        if result.returncode != 0:
            step.failed("downloading")
            raise Failure(f"the browser client's download failed; see {home.log('install')}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            content = wheel.read("nicegui/static/socket.io.min.js")
    client.parent.mkdir(parents=True, exist_ok=True)
    client.write_bytes(content)
    step.done(f"there in {step.elapsed()}")
    return client


def python(home, program, folder, tally, deep, variables):
    """pytest over one folder, if it has tests."""
    if not any((ROOT / folder).rglob("test_*.py")):
        return
    name = os.path.basename(folder).lower()
    scratch = testing.scratch(home, name)
    report = scratch / "report.xml"
    step = Step(f"{name} tests")
    selection = [] if deep else ["-m", "not deep"]
    # These tests kill and stop processes on a machine that others may load: a failure is tried once more, and the log says
    # RERUN. What fails twice has failed.
    selection += ["--reruns", "1"]
    arguments = [str(program), "-B", "-m", "pytest", "-c", "Tests/pytest.ini", "--rootdir", str(ROOT), "-v",
                 f"--junitxml={report}", *selection, folder]
    values = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", LASTMILE_ROOT=str(ROOT), PYTHONUNBUFFERED="1",
                  **variables)
    # Each suite makes its own clusters; one that the caller works with is none of its business.
    values.pop("LASTMILE_HOME", None)
    status = watched(step, arguments, home.log(f"test-{name}"), DEEP_PATIENCE if deep else PYTHON_PATIENCE, values,
                      lambda text: re.sub(r"\s*\[.*", "", text) if "::" in text else None)
    # 5: nothing was selected.
    if status != 5:
        _count(step, report, status, tally, home.log(f"test-{name}"))


def watched(step, arguments, log, patience, environment, progress, mode="w"):
    """Runs one suite with its output in `log`; ends it, and all it started, when it takes too long."""
    deadline = time.monotonic() + patience
    with open(log, mode, encoding="utf-8") as record:
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


def _failures(case):
    return case.findall("failure") + case.findall("error")


def _name(case):
    return f"{case.get('classname')} {case.get('name')}"


def _reruns(log):
    """How many tests pytest ran a second time and then passed."""
    tried, passed = set(), set()
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        found = re.match(r"(\S+::.*?) (RERUN|PASSED)\b", text)
        if found:
            (tried if found[2] == "RERUN" else passed).add(found[1])
    return len(tried & passed)


def _count(step, report, status, tally, log, passes_now=None):
    """Adds a JUnit report to the tally. A suite that died without one failed. `passes_now`, if given, runs one failed test
    again; without it pytest has done so itself."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        tally.add(failed=1)
        tally.complaints.append(f"FAILED {step.name}: broke off (exit status {status}); see {log}")
        step.failed(f"broke off, see {log}")
        return
    cases = list(root.iter("testcase"))
    broken = [case for case in cases if _failures(case)]
    again = []
    if passes_now is None:
        retried = _reruns(log)
    else:
        again = [case for case in broken if passes_now(case)] if len(broken) <= TRIED_AGAIN else []
        retried = len(again)
    failed = 0
    for case in broken:
        said = (_failures(case)[0].get("message") or "").strip().splitlines()
        reason = said[0][:200] if said else ""
        if case in again:
            tally.complaints.append(f"RERUN {_name(case)}: passed on the second try, at first: {reason}")
            continue
        failed += 1
        if failed <= NAMED:
            tally.complaints.append(f"FAILED {_name(case)}: {reason}")
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    passed = len(cases) - failed - skipped
    if status != 0 and not broken:
        failed = 1
        tally.complaints.append(f"FAILED {step.name}: exit status {status} with no failed test; see {log}")
    tally.add(passed, failed, skipped, retried)
    summary = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    summary += f", {retried} on second try" if retried else ""
    if failed:
        step.failed(f"{summary}; see {log}")
    else:
        step.done(f"{summary}, in {step.elapsed()}")
