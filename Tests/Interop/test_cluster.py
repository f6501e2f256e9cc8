"""Two example servers over one Redis, with what others may send into such a cluster: python-socketio's write-only manager, and
messages of @socket.io/redis-adapter written by an independent MessagePack and JSON."""

import json
import queue
import shutil
import subprocess
import time

import msgpack
import pytest
import redis
import socketio

from conftest import free_port

PATIENCE = 20


@pytest.fixture
def cluster(own_server, tmp_path):
    """(ports of the two nodes, URL of Redis)."""
    port = free_port()
    server = subprocess.Popen(
        [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}"
    try:
        link = redis.Redis(port=port)
        until(lambda: answers(link), "Redis")
        nodes = [own_server(REDIS_URL=url, NODE_ID=name, REDIS_PYTHON_CHANNEL="socketio", CONFORMANCE="off")
                 for name in ("one", "two")]
        until(lambda: link.pubsub_numsub("socket.io-request#/#")[0][1] == 2, "both nodes")
        yield [node_port for _, node_port in nodes], url
        link.close()
    finally:
        server.kill()
        server.wait()


def answers(link):
    try:
        return link.ping()
    except redis.exceptions.RedisError:
        return False


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.05)


class Client:
    """One python-socketio client; what it hears goes into a queue."""

    def __init__(self, port):
        self.heard = queue.Queue()
        self.io = socketio.Client()
        self.io.on("*", lambda event, *arguments: self.heard.put((event, *arguments)))
        self.io.connect(f"http://127.0.0.1:{port}", transports=["websocket"], wait_timeout=PATIENCE)
        self.id = self.io.get_sid()

    def call(self, event, *arguments):
        return self.io.call(event, arguments, timeout=PATIENCE)

    def next(self):
        return self.heard.get(timeout=PATIENCE)


@pytest.fixture
def clients(cluster):
    both = [Client(port) for port in cluster[0]]
    yield both
    for client in both:
        client.io.disconnect()


def test_two_nodes_are_one(cluster, clients):
    first, second = clients
    for client in clients:
        client.call("join", "r")
    first.call("publish", "r", {"n": 1, "text": "é\n"})
    for client in clients:
        assert client.next() == ("message", {"n": 1, "text": "é\n"})
    assert sorted(first.call("fetch", "r")) == sorted([first.id, second.id])
    second.call("leave", "r")
    assert first.call("fetch", "r") == [first.id]
    first.call("publish", second.id, b"\x00\xff")
    assert second.next() == ("message", b"\x00\xff")


def test_a_write_only_manager_emits_into_the_cluster(cluster, clients):
    manager = socketio.RedisManager(cluster[1], write_only=True)
    first, second = clients
    manager.emit("to-all", {"a": [1, None]})
    for client in clients:
        assert client.next() == ("to-all", {"a": [1, None]})
    manager.enter_room(second.id, "/", "p")
    manager.emit("to-room", ("x", b"\x01\x02"), room="p")
    assert second.next() == ("to-room", "x", b"\x01\x02")
    manager.emit("not-you", "y", skip_sid=second.id)
    assert first.next() == ("not-you", "y")
    manager.leave_room(second.id, "/", "p")
    manager.emit("to-room", "nobody", room="p")
    manager.emit("last", None)
    assert second.next() == ("last",)
    # As managers of other servers write it; a write-only one cannot.
    link = redis.Redis.from_url(cluster[1])
    link.publish("socketio", json.dumps(
        {"method": "disconnect", "sid": second.id, "namespace": "/", "host_id": "somebody"}))
    until(lambda: not second.io.connected, "the disconnect")
    link.close()


def test_an_official_server_and_emitter_take_part(cluster, clients):
    link = redis.Redis.from_url(cluster[1])
    first, second = clients
    second.call("join", "r1")
    packet = {"type": 2, "data": ["e", {"n": 2**40, "f": 1.5}, b"\x01"], "nsp": "/"}
    link.publish("socket.io#/#r1#", msgpack.packb(["peerid", packet, {"rooms": ["r1"], "except": [], "flags": {}}]))
    assert second.next() == ("e", {"n": 2**40, "f": 1.5}, b"\x01")
    # The emitter's join bears no uid.
    link.publish("socket.io-request#/#", json.dumps(
        {"type": 2, "opts": {"rooms": [first.id], "except": []}, "rooms": ["r1"]}))
    until(lambda: "r1" in first.call("rooms"), "the join")

    peer = link.pubsub()
    peer.psubscribe("socket.io#/#*")
    peer.subscribe("socket.io-response#/#", "socket.io-request#/#")
    until(lambda: link.pubsub_numsub("socket.io-request#/#")[0][1] == 3, "the peer")
    link.publish("socket.io-request#/#", json.dumps(
        {"uid": "peerid", "requestId": "q1", "type": 5, "opts": {"rooms": ["r1"], "except": []}}))
    found = []
    while len(found) < 2:
        message = message_of(peer)
        if message["channel"] == b"socket.io-response#/#":
            found += json.loads(message["data"])["sockets"]
    assert sorted(socket["id"] for socket in found) == sorted([first.id, second.id])
    assert all(socket["handshake"]["query"]["EIO"] == "4" for socket in found)

    # What a node publishes, the peer reads; what a node asks, the peer answers.
    first.call("publish", "r1", ["v"])
    while True:
        message = message_of(peer)
        if message["channel"] == b"socket.io#/#r1#" and msgpack.unpackb(message["data"])[0] != "peerid":
            break
    _, packet, options = msgpack.unpackb(message["data"])[:3]
    assert packet == {"type": 2, "data": ["message", ["v"]], "nsp": "/"}
    assert options == {"rooms": ["r1"], "except": [], "flags": {}}
    answer = queue.Queue()
    first.io.emit("fetch", "r1", callback=answer.put)
    while True:
        message = message_of(peer)
        if message["channel"] == b"socket.io-request#/#" and b'"type":5' in message["data"].replace(b" ", b""):
            request = json.loads(message["data"])
            if request.get("uid") != "peerid":
                break
    theirs = {"id": "theirs", "handshake": {}, "rooms": ["theirs", "r1"], "data": {}}
    link.publish("socket.io-response#/#", json.dumps({"requestId": request["requestId"], "sockets": [theirs]}))
    assert sorted(answer.get(timeout=PATIENCE)) == sorted([first.id, second.id, "theirs"])
    link.close()


def message_of(peer):
    deadline = time.monotonic() + PATIENCE
    while True:
        message = peer.get_message(timeout=1)
        if message and message["type"] in ("message", "pmessage"):
            return message
        assert time.monotonic() < deadline, "no message"
