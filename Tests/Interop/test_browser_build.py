"""The official JavaScript client's browser build, run in Node. Skipped where either is missing.

The build comes with PyPI's nicegui; SOCKET_IO_JS may name another file.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess

import pytest


def client_file():
    if "SOCKET_IO_JS" in os.environ:
        return pathlib.Path(os.environ["SOCKET_IO_JS"])
    package = importlib.util.find_spec("nicegui")
    if package is None:
        return None
    return pathlib.Path(package.origin).parent / "static" / "socket.io.min.js"


@pytest.mark.skipif(client_file() is None, reason="no browser build of the client")
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_the_browser_build_goes_each_way(port):
    script = pathlib.Path(__file__).with_name("browser_build.js")
    result = subprocess.run(
        ["node", "--experimental-websocket", str(script), str(client_file()), str(port)],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    runs = [json.loads(line) for line in result.stdout.splitlines()]
    assert [run.pop("transports") for run in runs] == [["websocket"], ["polling"], ["polling", "websocket"]]
    assert [run.pop("transport") for run in runs] == ["websocket", "polling", "websocket"]
    for run in runs:
        assert run == {
            "connected": True, "auth": {"token": "t"}, "back": [1, {"a": [2]}, "grüße ✓"], "acknowledged": {"x": 1},
            "binary": [1, 2, 3], "inOrder": True, "custom": "c", "refused": "Invalid namespace",
        }
