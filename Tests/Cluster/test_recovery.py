"""Connection state recovery over three nodes: whatever happens to the node or to Redis, a client gets what it missed once and
in order, or is told by a fresh session."""

import socket
import threading

import pytest
import socketio

import echo
from harness import PATIENCE, until
from recovering import Client

ROOM = "r"


@pytest.fixture(scope="module")
def shared_echo():
    made = echo.start(3, recovery=True, PING_INTERVAL=5000, PING_TIMEOUT=20000)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def nodes(shared_echo):
    """The shared three; who died in the test before runs again, and all promise recovery."""
    shared_echo.resume_redis()
    for index, process in enumerate(shared_echo.nodes):
        if process.poll() is not None:
            shared_echo.restart(index)
    promising(shared_echo)
    return shared_echo


def promising(cluster):
    for index in range(len(cluster.nodes)):
        until(lambda index=index: cluster.statistics(index)["promises"] == 1, f"node {index} promises", pause=0.05)


@pytest.fixture
def clients():
    made = []

    def make(*arguments):
        made.append(Client(*arguments))
        return made[-1]

    yield make
    for one in made:
        if one.link:
            one.link.close()


def joined(client, cluster, node):
    client.connect(cluster.urls[node])
    client.ask("join", ROOM)
    return client


def publisher(clients, cluster, node):
    return clients().connect(cluster.urls[node])


def publish(client, *values):
    for value in values:
        client.ask("publish", ROOM, value)


def test_a_client_goes_on_at_another_node_when_its_own_was_killed(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 2)
    publish(sender, 1, 2)
    client.wait_for(2)
    nodes.kill(0)
    client.closed.wait(PATIENCE)
    publish(sender, *range(3, 30))
    client.connect(nodes.urls[1])
    assert client.recovered and client.sessions[0]["sid"] == client.sid
    assert client.messages() == list(range(1, 30))
    assert client.ask("rooms") == [[ROOM]]
    publish(sender, 30)
    client.wait_for(30)
    assert client.messages() == list(range(1, 31))


def test_a_connection_that_its_node_thinks_alive_is_closed(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 2)
    publish(sender, 1)
    client.wait_for(1)
    old, was_closed = client.link, client.closed
    publish(sender, 2)
    client.wait_for(2)
    client.connect(nodes.urls[1])
    assert client.recovered
    assert was_closed.wait(PATIENCE), "the old connection is closed"
    publish(sender, 3)
    client.wait_for(3)
    assert client.messages() == [1, 2, 3]
    old.close()


def test_a_paused_node_loses_its_sessions_and_knows_it_when_it_wakes(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 2)
    publish(sender, 1)
    client.wait_for(1)
    old, was_closed = client.link, client.closed
    nodes.pause(0)
    publish(sender, 2)
    client.connect(nodes.urls[1])
    assert client.recovered
    publish(sender, 3)
    client.wait_for(3)
    nodes.resume(0)
    assert was_closed.wait(PATIENCE), "the node closes what is not its own any more"
    publish(sender, 4)
    client.wait_for(4)
    # What the paused node still wrote to the old connection is the client's to pass over: it left that one.
    assert sorted(set(client.messages())) == [1, 2, 3, 4]
    old.close()


def test_nothing_need_have_come_before(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 1)
    client.drop()
    publish(sender, 1, 2)
    client.connect(nodes.urls[2])
    assert client.recovered and client.messages() == [1, 2]
    client.drop()
    client.connect(nodes.urls[1])
    assert client.recovered and client.messages() == [1, 2]


def test_a_string_in_what_is_not_logged_is_not_taken_for_an_offset(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 1)
    publish(sender, "one")
    client.wait_for("one")
    sender.ask("publish-volatile", ROOM, "two")
    client.wait_for("two")
    client.drop()
    publish(sender, "three")
    client.connect(nodes.urls[2])
    assert client.recovered and client.messages() == ["one", "two", "three"]


def test_what_a_session_was_told_alone_is_recovered_too(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 1)
    client.drop()
    sender.ask("publish", client.sid, "yours")
    client.connect(nodes.urls[1])
    assert client.recovered and client.messages() == ["yours"]
    # Its id still begins with the first node's six characters.
    sender.ask("publish", client.sid, "and this")
    client.wait_for("and this")


def test_rooms_are_those_of_the_end(nodes, clients):
    client = joined(clients(), nodes, 0)
    client.ask("join", "left")
    client.ask("leave", "left")
    sender = publisher(clients, nodes, 1)
    client.drop()
    sender.ask("publish", "left", "no")
    sender.ask("publish", "other", "no")
    publish(sender, 1)
    client.connect(nodes.urls[2])
    assert client.recovered and client.messages() == [1] and client.ask("rooms") == [[ROOM]]


def test_namespaces_do_not_mix(nodes, clients):
    client = clients("/custom")
    joined(client, nodes, 0)
    sender, other = publisher(clients, nodes, 1), clients("/custom").connect(nodes.urls[1])
    client.drop()
    publish(sender, "elsewhere")
    publish(other, 1)
    client.connect(nodes.urls[2])
    assert client.recovered and client.messages() == [1]


def test_an_unknown_session_and_one_of_another_life_are_fresh_ones(nodes, clients):
    client = joined(clients(), nodes, 0)
    client.pid = "a" * 20
    client.drop()
    client.connect(nodes.urls[1])
    assert not client.recovered and client.pid
    client.ask("join", ROOM)
    client.offset = "elsewhere.17"
    client.drop()
    client.connect(nodes.urls[2])
    assert not client.recovered and client.ask("rooms") == [[]]


def test_a_redis_that_comes_back_empty_tells_every_client(nodes, clients):
    connected = [joined(clients(), nodes, node) for node in range(3)]
    sender = publisher(clients, nodes, 0)
    publish(sender, 1)
    for one in connected:
        one.wait_for(1)
    nodes.restart_redis()
    for one in connected:
        assert one.closed.wait(PATIENCE), "the client is told"
    promising(nodes)
    for node, one in enumerate(connected):
        one.connect(nodes.urls[node])
        assert not one.recovered and one.pid
        one.ask("join", ROOM)
    sender.connect(nodes.urls[0])
    publish(sender, 2)
    for one in connected:
        one.wait_for(2)
        assert one.messages() == [1, 2]


def test_a_node_that_loses_its_subscription_catches_up(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 1)
    for value in range(1, 40):
        if value % 10 == 0:
            nodes.redis("CLIENT", "KILL", "TYPE", "pubsub")
        publish(sender, value)
    client.wait_for(39)
    assert client.messages() == list(range(1, 40)) and len(client.sessions) == 1


def test_what_is_published_while_redis_does_not_answer_comes_afterwards(nodes, clients):
    client = joined(clients(), nodes, 0)
    sender = publisher(clients, nodes, 1)
    publish(sender, 1)
    client.wait_for(1)
    nodes.pause_redis()
    for value in range(2, 20):
        sender.tell("publish", ROOM, value)
    # Long enough for every node to give its connections up.
    until(lambda: nodes.statistics(0)["breaks"] > 0 and nodes.statistics(1)["breaks"] > 0, "the breaks are found")
    nodes.resume_redis()
    client.wait_for(19)
    assert client.messages() == list(range(1, 20)) and len(client.sessions) == 1


def test_a_recovered_socket_is_found_under_its_old_id(nodes, clients):
    client = joined(clients(), nodes, 0)
    client.drop()
    client.connect(nodes.urls[1])
    assert client.recovered and client.ask("fetch", ROOM) == [[client.sid]]


def test_clients_that_know_nothing_of_recovery_notice_nothing(nodes):
    client = socketio.Client(reconnection=False)
    try:
        client.connect(nodes.urls[0], transports=["websocket"], wait_timeout=PATIENCE)
        assert client.call("echo", ("a", 1), timeout=PATIENCE) == ("a", 1)
    finally:
        client.disconnect()


class Cable:
    """A node's way to Redis, which may be held: nothing goes through it, and nobody is told."""

    def __init__(self, path, redis):
        self.flows = threading.Event()
        self.flows.set()
        self.redis = redis
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self.redis))
            except OSError:
                return
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source, target):
        try:
            while data := source.recv(1 << 16):
                self.flows.wait()
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class CabledCluster(echo.EchoCluster):
    def redis_url(self, index):
        return f"unix://{self.home}/cable-{index}.sock"

    def start_redis(self):
        super().start_redis()
        self.cables = [Cable(self.home / f"cable-{index}.sock", self.redis_path) for index in range(len(self.nodes))]


def test_a_node_that_is_cut_off_from_redis_for_seconds_loses_nothing(clients):
    made = CabledCluster(3, True, {})
    try:
        made.begin()
        promising(made)
        here, there = joined(clients(), made, 0), joined(clients(), made, 1)
        guest = joined(clients(), made, 0)
        near, far = publisher(clients, made, 0), publisher(clients, made, 1)
        publish(near, 0)
        made.cables[0].flows.clear()
        # What the cut off node publishes waits, and so do the acknowledgements.
        for value in range(100, 110):
            near.tell("publish", ROOM, value)
        publish(far, *range(1, 20))
        until(lambda: made.statistics(0)["breaks"] > 0, "the node notices", pause=0.1)
        # A client of the cut off node moves on, with what it missed.
        guest.drop()
        guest.connect(made.urls[2])
        assert guest.recovered and guest.messages() == list(range(20))
        publish(far, *range(20, 30))
        made.cables[0].flows.set()
        for one in (here, there, guest):
            one.wait_for(109)
            found = one.messages()
            assert [value for value in found if value < 100] == list(range(30))
            assert [value for value in found if value >= 100] == list(range(100, 110))
        assert len(here.sessions) == len(there.sessions) == 1
    finally:
        made.stop()


def test_a_log_too_short_gives_a_fresh_session(clients):
    made = echo.start(2, recovery=True, RECOVERY_LOG_BYTES=20_000)
    try:
        promising(made)
        client = joined(clients(), made, 0)
        sender = publisher(clients, made, 1)
        publish(sender, "first")
        client.wait_for("first")
        client.drop()
        publish(sender, *[f"{number}" * 400 for number in range(100)])
        client.connect(made.urls[1])
        assert not client.recovered and client.pid and client.messages() == ["first"]
        # A short log is whole where it reaches back far enough.
        client.ask("join", ROOM)
        publish(sender, "seen")
        client.wait_for("seen")
        client.drop()
        publish(sender, "last")
        client.connect(made.urls[0])
        assert client.recovered and client.messages() == ["first", "seen", "last"]
    finally:
        made.stop()


def test_a_redis_that_may_evict_turns_recovery_off_with_one_line(clients):
    made = echo.EchoCluster(1, True, {})
    try:
        made.eviction = "allkeys-lru"
        made.begin()
        client = joined(clients(), made, 0)
        assert client.pid is None and made.statistics(0)["promises"] == 0
        publish(client, 1)
        client.wait_for(1)
        assert made.log(0).count("noeviction") == 1
    finally:
        made.stop()
