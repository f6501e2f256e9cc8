"""What counts as serving: the part's own process has to listen, whoever else may answer there."""

import os
import subprocess
import sys

from harness import ROOT, free_port, until

sys.path.insert(0, str(ROOT))

from ops import ports, probes  # noqa: E402  (the path has to be set first)


def test_a_stranger_that_answers_on_the_port_is_not_taken_for_the_part():
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        probe = {"type": "http", "port": port, "path": "/", "statuses": [200]}
        until(lambda: probes.ready(probe, server.pid), "the server answers")
        assert not probes.ready(probe, os.getpid())
        assert str(server.pid) in ports.owner(port)
    finally:
        server.kill()
        server.wait()
    assert not probes.ready(probe, server.pid)
