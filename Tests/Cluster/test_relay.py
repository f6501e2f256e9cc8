"""Any node answers for any session: three nodes behind a proxy that sends each request to the next of them."""

import base64
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
import socketio

import echo
from harness import PATIENCE, until

UNKNOWN = {"code": 1, "message": "Session ID unknown"}


@pytest.fixture(scope="module")
def shared_echo():
    made = echo.start(3)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def nodes(shared_echo):
    """The shared three; who died in the test before runs again."""
    for index, process in enumerate(shared_echo.nodes):
        if process.poll() is not None:
            shared_echo.restart(index)
    shared_echo.linked()
    return shared_echo


class Session:
    """Engine.IO by hand. Without `at`, requests go where the proxy sends them."""

    def __init__(self, cluster, at=None):
        self.cluster = cluster
        self.at = cluster.url if at is None else cluster.urls[at]
        answer = requests.get(f"{self.at}/socket.io/?EIO=4&transport=polling", timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        self.sid = answer.text.split('"')[3]

    @property
    def owner(self):
        return int(self.sid.partition(".")[0].removeprefix("echo-"))

    def stranger(self, step=1):
        """The number of a node that does not own it."""
        return (self.owner + step) % len(self.cluster.nodes)

    def target(self, at=None):
        base = self.cluster.url if at is None else self.cluster.urls[at]
        return f"{base}/socket.io/?EIO=4&transport=polling&sid={self.sid}"

    def get(self, at=None, timeout=PATIENCE, **extra):
        return requests.get(self.target(at), timeout=timeout, **extra)

    def post(self, body, at=None, **extra):
        return requests.post(self.target(at), data=body, timeout=PATIENCE, **extra)

    def connect(self, at=None):
        assert self.post("40", at).text == "ok"
        assert self.get(at).text.startswith("40{")
        return self

    def upgrade(self, at=None):
        return WebSocket(self.cluster.url if at is None else self.cluster.urls[at], self.sid)


class WebSocket:
    """A WebSocket by hand, opened with the id of a session on polling."""

    def __init__(self, base, sid):
        parts = urlsplit(base)
        self.link = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self.link.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.link.recv(1)
            assert part, head
            head += part
        self.status = int(head.split()[1])

    def send(self, text):
        data = text.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.link.sendall(b"\x81" + size + bytes(4) + data)

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self.link.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self):
        """The next message; None when it was closed."""
        try:
            first, size = self._read(2)
            if size == 126:
                size = int.from_bytes(self._read(2), "big")
            elif size == 127:
                size = int.from_bytes(self._read(8), "big")
            data = self._read(size)
        except (EOFError, ConnectionError):
            return None
        return None if first & 15 == 8 else data.decode()

    def probe(self):
        self.send("2probe")
        assert self.receive() == "3probe"

    def close(self):
        self.link.close()


def is_unknown(answer):
    return answer.status_code == 400 and answer.json() == UNKNOWN


# Polling.

def test_every_node_answers_for_a_session_of_every_other(nodes):
    for owner in range(3):
        session = Session(nodes, at=owner)
        assert session.owner == owner
        session.connect(at=session.stranger(1))
        packets = "\x1e".join(f'42{number}["echo",{number},"\u00e9"]' for number in range(5))
        assert session.post(packets.encode(), at=session.stranger(2)).text == "ok"
        assert session.get(at=session.stranger(1)).text.split("\x1e") == [
            f'43{number}[{number},"\u00e9"]' for number in range(5)]


def test_polling_through_a_proxy_without_affinity_loses_nothing(nodes):
    session = Session(nodes).connect()
    for number in range(30):
        assert session.post(f'42{number}["echo",{number}]').text == "ok"
        assert session.get().text == f"43{number}[{number}]"


def test_a_held_poll_elsewhere_gets_what_comes_and_large_bodies_pass_both_ways(nodes):
    session = Session(nodes).connect()
    big = "x" * 700_000
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(session.get, session.stranger(1))
        assert session.post(f'421["echo","{big}"]', at=session.stranger(2)).text == "ok"
        assert held.result().text == f'431["{big}"]'


def test_answers_of_the_owner_come_unchanged(nodes):
    session = Session(nodes).connect()
    for at in (session.owner, session.stranger()):
        assert session.post('420["echo",1]', at).text == "ok"
        answer = session.get(at, headers={"Origin": "http://example.org"})
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"
    large = session.post("4" + "x" * 1_000_001, at=session.stranger())
    assert large.status_code == 413
    assert session.post('420["echo",1]', at=session.stranger()).text == "ok"


def test_a_second_poll_on_another_node_ends_the_session(nodes):
    session = Session(nodes).connect()
    served = nodes.statistics(session.stranger(1))["relayed"]
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(session.get, session.stranger(1))
        until(lambda: nodes.statistics(session.stranger(1))["relayed"] > served, "the first poll is held")
        second = session.get(at=session.stranger(2))
        # Whichever the owner saw first is held and gets the close packet; the other one is refused.
        assert sorted([second.status_code, held.result().status_code]) == [200, 400]
    assert is_unknown(session.get(at=session.stranger(1)))


def test_a_client_that_drops_its_held_poll_elsewhere_ends_the_session(nodes):
    session = Session(nodes).connect()
    stranger = session.stranger()
    relayed = nodes.statistics(stranger)["relayed"]
    parts = urlsplit(session.target(stranger))
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as link:
        link.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        # Were it dropped before, its owner would never hear of it, and the session would go on.
        until(lambda: nodes.statistics(stranger)["relayed"] > relayed, "the poll is held", pause=0.05)
    until(lambda: is_unknown(session.post("40", at=session.owner)), "the session has ended", pause=0.05)


def test_a_goodbye_elsewhere_releases_the_held_poll(nodes):
    session = Session(nodes).connect()
    relayed = nodes.statistics(session.stranger(1))["relayed"]
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(session.get, session.stranger(1))
        until(lambda: nodes.statistics(session.stranger(1))["relayed"] > relayed, "the poll is held")
        assert session.post("1", at=session.stranger(2)).text == "ok"
        assert held.result().text == "6"
    assert is_unknown(session.get(at=session.stranger(1)))


# Ids.

def test_forged_ids_are_refused_without_asking_anybody(nodes):
    sid = Session(nodes, at=0).sid
    before = nodes.statistics(1)["relayed"]
    forged = [sid[:-1] + ("A" if sid[-1] != "A" else "B"), sid.replace("echo-0", "echo-2"), "echo-0.x", "x" * 200, "."]
    for one in forged:
        answer = requests.get(f"{nodes.urls[1]}/socket.io/?EIO=4&transport=polling&sid={one}", timeout=PATIENCE)
        assert is_unknown(answer), one
    assert nodes.statistics(1)["relayed"] == before


# Upgrades.

def test_an_upgrade_that_reaches_another_node_works_for_its_lifetime(nodes):
    session = Session(nodes).connect()
    before = nodes.statistics(session.stranger())["relayed_upgrades"]
    link = session.upgrade(at=session.stranger())
    assert link.status == 101
    link.probe()
    # A poll meanwhile is released.
    assert session.get(at=session.stranger(2)).text == "6"
    link.send("5")
    link.send('421["echo","first"]')
    assert link.receive() == '431["first"]'
    for number in range(100):
        link.send(f'42{number}["echo",{number}]')
    assert [link.receive() for _ in range(100)] == [f"43{number}[{number}]" for number in range(100)]
    assert session.get(at=session.stranger(2)).json()["code"] == 3
    # A second one is answered, then closed.
    second = session.upgrade(at=session.stranger(2))
    assert second.status == 101 and second.receive() is None
    assert nodes.statistics(session.stranger())["relayed_upgrades"] == before + 1
    link.close()
    until(lambda: is_unknown(session.get(at=session.owner)), "the session ends with its WebSocket", pause=0.05)


def _upgraded_elsewhere(nodes):
    """A python-socketio client whose every request goes to the next node."""
    client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.5, handle_sigint=False)
    client.connect(nodes.url, transports=["polling", "websocket"], wait_timeout=PATIENCE)
    return client


def test_python_clients_poll_and_upgrade_wherever_they_land_binary_too(nodes):
    payload = {"blob": bytes(range(256)), "n": 1}
    for transports in (["polling"], ["polling", "websocket"]):
        for _ in range(3):
            client = socketio.Client(reconnection=False, handle_sigint=False)
            client.connect(nodes.url, transports=transports, wait_timeout=PATIENCE)
            assert client.transport() == transports[-1]
            for number in range(10):
                assert client.call("echo", number, timeout=PATIENCE) == number
            came = threading.Event()
            got = []
            client.on("message-back", lambda *values: (got.extend(values), came.set()))
            client.emit("message", payload)
            assert came.wait(PATIENCE)
            assert got == [payload]
            client.disconnect()


# Owners that die or stand still.

def test_a_killed_owner_is_answered_for_at_once_and_its_clients_begin_anew(nodes):
    session = Session(nodes, at=0).connect(at=1)
    link = Session(nodes, at=0)
    link = link.connect().upgrade(at=2)
    link.probe()
    link.send("5")
    link.send('421["echo",1]')
    assert link.receive() == "431[1]"
    client = _upgraded_elsewhere(nodes)
    with ThreadPoolExecutor(1) as pool:
        relayed = nodes.statistics(1)["relayed"]
        held = pool.submit(session.get, 1)
        until(lambda: nodes.statistics(1)["relayed"] > relayed, "the poll is held")
        nodes.kill(0)
        assert is_unknown(held.result(PATIENCE))
    assert link.receive() is None
    assert is_unknown(session.get(at=2))
    assert is_unknown(session.post("40", at=1))

    def works():
        try:
            return client.call("echo", "again", timeout=5) == "again"
        except (socketio.exceptions.SocketIOError, ValueError):
            return False

    until(works, "the client is back")
    client.disconnect()
    # Its successor has the name, and none of the sessions.
    nodes.restart(0)
    nodes.linked()
    for at in range(3):
        assert is_unknown(session.get(at=at))


def test_a_paused_owner_is_given_up_and_serves_nothing_late(nodes):
    session = Session(nodes, at=0).connect(at=1)
    other = Session(nodes, at=0).connect(at=2)
    with ThreadPoolExecutor(2) as pool:
        relayed = nodes.statistics(1)["relayed"]
        held = pool.submit(session.get, 1)
        until(lambda: nodes.statistics(1)["relayed"] > relayed, "the poll is held")
        nodes.pause(0)
        try:
            late = pool.submit(other.post, '421["echo","late"]', 2)
            assert is_unknown(held.result(PATIENCE))
            assert is_unknown(late.result(PATIENCE))
            # From here on at once.
            assert is_unknown(session.post("40", at=1))
        finally:
            nodes.resume(0)
    nodes.linked()
    # What it held has ended with the link.
    until(lambda: is_unknown(session.get(at=0)), "the held session has ended", pause=0.05)
    assert Session(nodes, at=0).connect(at=1)


def test_links_outlive_redis(nodes):
    session = Session(nodes, at=0).connect(at=1)
    nodes.kill_redis()
    try:
        assert session.post('421["echo",1]', at=1).text == "ok"
        assert session.get(at=2).text == "431[1]"
    finally:
        nodes.restart_redis()
    assert session.post('422["echo",2]', at=2).text == "ok"
    assert session.get(at=1).text == "432[2]"
