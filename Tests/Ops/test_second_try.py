"""A failed Swift test is run once more by itself; what fails twice has failed."""

import textwrap

import pytest
from ops import suites
from ops.places import Home
from ops.testing import Tally

PROGRAM = """\
    #!/usr/bin/env python3
    # Plays `swift test`: two tests, of which one fails at the first FAILURES calls.
    import os, re, sys
    count = os.path.join(os.path.dirname(__file__), "calls")
    with open(count, "a") as file:
        file.write(repr(sys.argv[1:]) + "\\n")
    failing = len(open(count).readlines()) <= {failures}
    arguments = dict(zip(sys.argv, sys.argv[1:]))
    names = ["`it is (a) \\u201ctest\\u201d, with a+b?`()", "`another`()"]
    chosen = [n for n in names if re.search(arguments.get("--filter", ""), "DemoTests.SignTests/" + n)]
    with open(arguments["--xunit-output"], "w") as report:
        report.write("<testsuites><testsuite>")
        for name in chosen:
            text = '<failure message="first went wrong"/>' if failing and "another" not in name else ""
            report.write(f'<testcase classname="DemoTests.SignTests" name="{{name}}">{{text}}</testcase>')
        report.write("</testsuite></testsuites>")
    sys.exit(1 if failing else 0)
    """


@pytest.fixture
def outcome(tmp_path):
    def run(failures):
        program = tmp_path / "swift"
        program.write_text(textwrap.dedent(PROGRAM).format(failures=failures), encoding="utf-8")
        program.chmod(0o755)
        home = Home(tmp_path / "home")
        home.create()
        tally = Tally()
        suites.swift(home, str(program), tally)
        calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
        return tally, calls, home.log("test-swift").read_text(encoding="utf-8")

    return run


def test_all_passed_is_one_run(outcome):
    tally, calls, log = outcome(0)
    assert tally.closing() == "2 passed, 0 failed"
    assert len(calls) == 1 and "RERUN" not in log


def test_what_passes_on_the_second_try_is_said_to(outcome):
    tally, calls, log = outcome(1)
    assert tally.closing() == "2 passed, 0 failed, 1 on second try"
    assert len(calls) == 2 and "--filter" in calls[1] and "--skip-build" in calls[1]
    assert "RERUN DemoTests.SignTests `it is" in log
    assert [text for text in tally.complaints if text.startswith("RERUN") and "first went wrong" in text]


def test_what_fails_twice_has_failed(outcome):
    tally, calls, _ = outcome(2)
    assert tally.closing() == "1 passed, 1 failed"
    assert len(calls) == 2


def test_a_rerun_in_the_log_of_pytest_is_counted_once_it_passed(tmp_path):
    log = tmp_path / "log"
    log.write_text(
        "Tests/A/test_a.py::test_one RERUN  [ 25%]\nTests/A/test_a.py::test_one PASSED  [ 25%]\n"
        "Tests/A/test_a.py::test_two[x y] RERUN  [ 50%]\nTests/A/test_a.py::test_two[x y] FAILED  [ 50%]\n"
        "Tests/A/test_a.py::test_three PASSED  [ 75%]\n",
        encoding="utf-8")
    assert suites._reruns(log) == 1
