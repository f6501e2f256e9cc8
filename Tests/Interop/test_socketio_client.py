"""The python-socketio client against the example server, over each way in."""

import threading
import time

import pytest
import socketio

WAYS = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "upgrade": ["polling", "websocket"],
}


@pytest.fixture(params=WAYS)
def client(request, port):
    client = socketio.Client(reconnection=False)
    client.connect(f"http://127.0.0.1:{port}", transports=WAYS[request.param], namespaces=["/", "/custom"],
                   wait_timeout=5)
    client.way = request.param
    yield client
    client.disconnect()


class Received:
    """Collects the events of one name."""

    def __init__(self, client, event, namespace="/"):
        self.arguments = []
        self.arrived = threading.Condition()
        client.on(event, self._take, namespace=namespace)

    def _take(self, *arguments):
        with self.arrived:
            self.arguments.append(arguments)
            self.arrived.notify_all()

    def wait(self, count=1):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.arguments) >= count, timeout=5), self.arguments
            return self.arguments


def test_the_transport_is_the_one_asked_for(client):
    expected = "polling" if client.way == "polling" else "websocket"
    assert client.transport() == expected


@pytest.mark.parametrize("namespace", ["/", "/custom"])
def test_an_event_comes_back_with_its_arguments(client, namespace):
    back = Received(client, "message-back", namespace)
    client.emit("message", (1, "two", {"three": [3, None, True]}, "grüße ✓"), namespace=namespace)
    assert back.wait() == [(1, "two", {"three": [3, None, True]}, "grüße ✓")]


def test_an_event_is_acknowledged(client):
    assert client.call("message-with-ack", ("a", 2), timeout=5) == ("a", 2)
    assert client.call("echo", {"x": 1}, timeout=5) == {"x": 1}


def test_binary_goes_both_ways(client):
    back = Received(client, "message-back")
    client.emit("message", (b"\x00\x01\xff", {"deep": [b"second"]}))
    assert back.wait() == [(b"\x00\x01\xff", {"deep": [b"second"]})]


def test_binary_is_acknowledged(client):
    assert client.call("echo", b"\x01\x02\x03", timeout=5) == b"\x01\x02\x03"


def test_a_large_message_comes_back_whole(client):
    text = "x" * 200_000
    assert client.call("echo", text, timeout=10) == text


def test_many_messages_come_back_in_order(client):
    back = Received(client, "message-back")
    for number in range(200):
        client.emit("message", number)
    assert back.wait(200) == [(number,) for number in range(200)]


def test_a_room_gets_what_is_published_to_it(client, port):
    other = socketio.Client(reconnection=False)
    other.connect(f"http://127.0.0.1:{port}", transports=["websocket"], wait_timeout=5)
    try:
        here, there = Received(client, "message"), Received(other, "message")
        room = f"room-{client.way}"
        client.call("join", room, timeout=5)
        other.call("join", room, timeout=5)
        assert client.call("rooms", timeout=5) == [room]
        assert len(client.call("fetch", room, timeout=5)) == 2
        other.call("publish", (room, {"n": 1}), timeout=5)
        assert here.wait() == [({"n": 1},)]
        assert there.wait() == [({"n": 1},)]
        other.call("leave", room, timeout=5)
        client.call("publish", (room, 2), timeout=5)
        assert here.wait(2) == [({"n": 1},), (2,)]
        assert there.arguments == [({"n": 1},)]
    finally:
        other.disconnect()


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_namespace_is_refused(port, way):
    client = socketio.Client(reconnection=False)
    refusals = []
    client.on("connect_error", refusals.append, namespace="/nowhere")
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(f"http://127.0.0.1:{port}", transports=WAYS[way], namespaces=["/nowhere"], wait_timeout=5)
    assert refusals == [{"message": "Invalid namespace"}]


@pytest.mark.parametrize("way", WAYS)
def test_auth_arrives(port, way):
    client = socketio.Client(reconnection=False)
    auth = Received(client, "auth")
    client.connect(f"http://127.0.0.1:{port}", transports=WAYS[way], auth={"token": "t"}, wait_timeout=5)
    assert auth.wait() == [({"token": "t"},)]
    client.disconnect()


@pytest.mark.parametrize("way", WAYS)
def test_heartbeats_keep_a_silent_client(own_server, way):
    # Pings come fast; a client on a loaded machine may be slow to answer.
    _, port = own_server(PING_INTERVAL="300", PING_TIMEOUT="10000")
    client = socketio.Client(reconnection=False)
    client.connect(f"http://127.0.0.1:{port}", transports=WAYS[way], wait_timeout=5)
    # Silence is what is tested here: six heartbeats long.
    time.sleep(2)
    assert client.connected
    assert client.call("echo", 1, timeout=5) == 1
    client.disconnect()


@pytest.mark.parametrize("way", WAYS)
def test_a_client_comes_back_after_a_drain(own_server, way):
    """The server ends sessions so that clients reconnect by themselves."""
    process, port = own_server()
    client = socketio.Client(reconnection=True, reconnection_delay=0.1, reconnection_delay_max=0.2)
    connects = Received(client, "connect")
    ends = Received(client, "disconnect")
    client.connect(f"http://127.0.0.1:{port}", transports=WAYS[way], wait_timeout=5)
    process.terminate()
    process.wait(timeout=10)
    ends.wait()
    own_server(PORT=str(port))
    connects.wait(2)
    assert client.call("echo", "again", timeout=5) == "again"
    client.disconnect()
