"""Starts the example server once a run and gives its address to the tests.

REALTIME_ECHO names the executable (default: .build/debug/realtime-echo of this package).
"""

import os
import pathlib
import socket
import subprocess
import time

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(**settings):
    executable = os.environ.get("REALTIME_ECHO", str(PACKAGE / ".build/debug/realtime-echo"))
    port = int(settings.pop("PORT", 0)) or free_port()
    process = subprocess.Popen(
        [executable],
        env={**os.environ, "PORT": str(port), "CONFORMANCE": "on", "CORS_ORIGIN": "*", **settings},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process, port
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the example server does not listen")
            time.sleep(0.02)


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def port():
    """Of a server with the usual heartbeat."""
    process, port = start()
    yield port
    assert process.poll() is None, "the server died"
    stop(process)


@pytest.fixture(scope="session")
def quick_port():
    """Of a server with the suites' timing: ping every 300 ms, 200 ms for the pong, 1 s to join a namespace."""
    process, port = start(PING_INTERVAL="300", PING_TIMEOUT="200", CONNECT_TIMEOUT="1000")
    yield port
    assert process.poll() is None, "the server died"
    stop(process)


@pytest.fixture
def own_server():
    """Starts servers that a test may stop: own_server() gives (process, port)."""
    processes = []

    def begin(**settings):
        process, port = start(**settings)
        processes.append(process)
        return process, port

    yield begin
    for process in processes:
        stop(process)


@pytest.fixture(params=["engine.io", "socket.io"])
def base(request, quick_port):
    """Where sessions are opened: of the raw echo endpoint, and of the Socket.IO server."""
    return f"http://127.0.0.1:{quick_port}/{request.param}/"


@pytest.fixture
def echo(quick_port):
    """Where a message comes back as it is."""
    return f"http://127.0.0.1:{quick_port}/engine.io/"
