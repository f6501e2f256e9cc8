"""Rooms of the product's nodes, as emitters and official servers on the same Redis meet them."""

import json
import threading
import time

import msgpack
import pytest
import redis
import socketio

from harness import PATIENCE, until
from sockets import BARRIER

#: Seconds: less than a node waits for the room, and than it takes to give its connections to Redis up.
STANDSTILL = 0.6


@pytest.fixture
def link(cluster):
    """Redis, as a job or another server has it."""
    made = redis.Redis(unix_socket_path=cluster.part("redis")["address"])
    yield made
    made.close()


def emit(link, room, event, *arguments):
    """As the official emitter does it."""
    packet = {"type": 2, "data": [event, *arguments], "nsp": "/"}
    options = {"rooms": [room] if room else [], "except": [], "flags": {}}
    return link.publish(f"socket.io#/#{room + '#' if room else ''}", msgpack.packb(["emitter", packet, options]))


class Peer:
    """An official server that follows some rooms; all that it hears, as (channel, message)."""

    def __init__(self, link, *channels):
        self.link, self.heard = link, []
        self.changed = threading.Condition()
        self.pubsub = link.pubsub(ignore_subscribe_messages=True)
        self.pubsub.subscribe(**{channel: self._take for channel in channels})
        for channel in channels:
            until(lambda channel=channel: link.pubsub_numsub(channel)[0][1], f"{channel} is followed", pause=0.05)
        self.thread = self.pubsub.run_in_thread(sleep_time=0.1, daemon=True)

    def _take(self, message):
        with self.changed:
            self.heard.append((message["channel"].decode(), message["data"]))
            self.changed.notify_all()

    def wait(self, condition, what):
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), f"{what}: {self.heard}"
            return condition()

    def packets(self):
        return [msgpack.unpackb(data)[1]["data"] for _, data in list(self.heard)]

    def close(self):
        self.thread.stop()
        self.thread.join()
        self.pubsub.close()


@pytest.fixture
def peer(link):
    made = []

    def make(*channels):
        made.append(Peer(link, *channels))
        return made[-1]

    yield make
    for one in made:
        one.close()


def fetched(peer, link, nodes, request, key):
    """What the nodes answer to a request, as an official server gathers it."""
    asking = peer("socket.io-response#/#")
    link.publish("socket.io-request#/#", json.dumps({"uid": "peerid", "requestId": "q", **request}))
    asking.wait(lambda: len(asking.heard) >= nodes, "every node answers")
    return [entry for _, data in asking.heard for entry in json.loads(data)[key]]


def test_an_emitter_reaches_a_user_on_every_node_and_nobody_else(scene, link):
    phones = [scene.phone(scene.customer, node) for node in ("node-1", "node-2")]
    other = scene.phone(scene.cluster.register("CUSTOMER"), "node-3")
    user = scene.customer.user["id"]
    # A node on which the account was a moment ago still follows the room.
    assert emit(link, f"user:{user}", "notification", {"text": "é", "n": 2**40}, b"\x00\xff") >= 2
    for phone in phones:
        assert phone.await_one("notification") == {"text": "é", "n": 2**40}
    # Every node hears what is for several rooms; a socket in two of them gets it once.
    packet = {"type": 2, "data": ["notification", {"n": 2}], "nsp": "/"}
    link.publish("socket.io#/#", msgpack.packb(
        ["emitter", packet, {"rooms": [f"user:{user}", "role:CUSTOMER"], "except": [], "flags": {}}]))
    for phone in (*phones, other):
        phone.await_one("notification", n=2)
        phone.settle()
    assert [len(phone.got("notification")) for phone in (*phones, other)] == [2, 2, 1]
    assert scene.phone(scene.merchant, "node-1").got("notification") == []


def test_a_manager_of_python_reaches_a_shops_people(scene, link, cluster):
    merchant = scene.merchant
    before = scene.phone(merchant, "node-2")
    shop = scene.shop
    after = scene.phone(merchant, "node-3")
    manager = socketio.RedisManager("unix://" + cluster.part("redis")["address"], channel="socketio", write_only=True)
    # The phone that was open when the shop was made follows it too, once its node has heard of that.
    before.wait(lambda: manager.emit("notification", {"n": 1}, room=f"merchant:{shop['id']}")
                or before.changed.wait(0.2) and before.got("notification"), "the older phone is reached")
    assert after.await_one("notification") == {"n": 1}


def test_an_orders_events_reach_official_servers_once_and_no_socket_twice(scene, peer):
    scene.product
    phone = scene.phone(scene.customer, "node-1")
    order = scene.order()["id"]
    server = peer(f"socket.io#/#order:{order}#")
    for node in ("node-2", "node-3"):
        follower = scene.phone(scene.customer, node)
        assert follower.call("order_subscribe", {"orderId": order})["ok"]
    follower = scene.phones[-1]
    answer = scene.customer.patch(f"orders/{order}/cancel")
    assert answer.status_code == 200, answer.text
    version = answer.json()["version"]
    for one in (phone, *scene.phones[-2:]):
        one.await_seq(order, version)
    server.wait(lambda: any(data[1]["seq"] == version for data in server.packets()), "the server hears of it")
    for one in (phone, *scene.phones[-2:]):
        one.settle()
        seqs = one.seqs(order)
        assert seqs == sorted(set(seqs))
    assert follower.events(order)[-1] == server.packets()[-1][1]
    heard = [data[1]["seq"] for data in server.packets()]
    assert heard == sorted(set(heard)) and server.packets()[-1][0] == "order_status_update"
    _, packet, options = msgpack.unpackb(server.heard[-1][1])[:3]
    assert packet["nsp"] == "/" and options == {"rooms": [f"order:{order}"], "except": [], "flags": {}}


def test_an_orders_room_has_those_who_asked_for_it_and_may_see_it(scene, link):
    driver = scene.driver()
    _, order = scene.accepted(driver)
    phone, watcher = scene.phone(driver, "node-2"), scene.phone(scene.admin, "node-3")
    stranger = scene.phone(scene.cluster.register("CUSTOMER"), "node-1")
    room = f"order:{order['id']}"
    for one in (phone, watcher):
        assert one.call("order_subscribe", {"orderId": order["id"]})["ok"]
        one.wait(lambda one=one: emit(link, room, "notification", {"n": 1}) is not None
                 and one.changed.wait(0.2) and one.got("notification"), "who asked is reached")
    assert stranger.call("order_subscribe", {"orderId": order["id"]})["error"]["code"] == "NOT_FOUND"
    assert phone.call("order_release", {"orderId": order["id"], "reason": "flat tyre"})["ok"]
    phone.wait(lambda: [one for one in phone.events(order["id"]) if one["type"] == "order.matching"], "it is taken")
    assert watcher.call("order_unsubscribe", {"orderId": order["id"]})["ok"]
    assert emit(link, room, "notification", {"n": 2}) is not None
    assert emit(link, None, "notification", {"n": 3})
    for one in (phone, watcher, stranger):
        one.await_one("notification", n=3)
        assert one.got("notification", n=2) == []


def test_an_order_is_acknowledged_once_its_room_is_confirmed(scene, link):
    order = scene.order()["id"]
    phone = scene.phone(scene.customer, "node-2")
    # Any Redis is too fast for the difference to be seen: this one answers nobody for a while.
    began = time.monotonic()
    link.client_pause(int(STANDSTILL * 1000))
    assert phone.call("order_subscribe", {"orderId": order})["ok"]
    assert time.monotonic() - began >= STANDSTILL
    for number in range(3):
        fresh = scene.order()["id"]
        assert phone.call("order_subscribe", {"orderId": fresh})["ok"]
        assert emit(link, f"order:{fresh}", "notification", {"n": number}) >= 1
        phone.await_one("notification", n=number)


def test_an_order_can_be_subscribed_to_while_redis_stands_still(scene, cluster):
    order = scene.order()["id"]
    phone = scene.phone(scene.customer, "node-2")
    stopped = cluster.stop("redis")
    try:
        assert phone.call("order_subscribe", {"orderId": order})["order"]["id"] == order
        answer = scene.customer.patch(f"orders/{order}/cancel")
        assert answer.status_code == 200, answer.text
        phone.await_seq(order, answer.json()["version"])
    finally:
        cluster.cont(stopped)
    cluster.healthy()


def test_no_client_puts_itself_into_a_room(scene):
    phone = scene.phone(scene.customer, "node-1")
    for event in ("join", "socketsJoin", "subscribe", BARRIER):
        assert phone.call(event, {"room": "role:ADMIN"})["error"]["code"] == "UNKNOWN_EVENT"
    phone.settle()


def test_an_official_server_asks_every_node_how_it_is(cluster, link, peer):
    asking = peer("socket.io-response#/#")
    link.publish("socket.io-request#/#", json.dumps(
        {"uid": "peerid", "requestId": "n", "type": 6, "data": ["lastmile_node"]}))
    asking.wait(lambda: len(asking.heard) >= 3, "every node answers")
    answers = [json.loads(data) for _, data in asking.heard]
    assert sorted(one["data"]["name"] for one in answers) == ["node-1", "node-2", "node-3"]
    assert {one["data"]["status"] for one in answers} <= {"ok", "degraded"}
    # An event that no node knows is nobody's.
    link.publish("socket.io-request#/#", json.dumps({"uid": "peerid", "requestId": "x", "type": 6, "data": ["nonsense"]}))
    link.publish("socket.io-request#/#", json.dumps(
        {"uid": "peerid", "requestId": "m", "type": 6, "data": ["lastmile_node"]}))
    asking.wait(lambda: len(asking.heard) >= 6, "every node answers again")
    assert {json.loads(data)["requestId"] for _, data in asking.heard[3:]} == {"m"}


def test_an_official_server_finds_and_disconnects_sockets_of_every_node(scene, link, peer):
    phones = [scene.phone(scene.customer, f"node-{number}") for number in (1, 2, 3)]
    room = f"user:{scene.customer.user['id']}"
    found = fetched(peer, link, 3, {"type": 5, "opts": {"rooms": [room], "except": []}}, "sockets")
    assert sorted(one["id"] for one in found) == sorted(phone.client.get_sid() for phone in phones)
    for one in found:
        assert set(one["rooms"]) == {one["id"], room, "role:CUSTOMER"}
        assert one["data"]["user"] == scene.customer.user["id"] and one["data"]["role"] == "CUSTOMER"
        assert one["data"]["transport"] == "websocket"
        # Nothing by which somebody could act as the user.
        assert scene.customer.token not in json.dumps(one)
    assert sorted(one["data"]["node"] for one in found) == ["node-1", "node-2", "node-3"]
    link.publish("socket.io-request#/#", json.dumps(
        {"uid": "peerid", "type": 4, "opts": {"rooms": [room], "except": []}, "close": True}))
    for phone in phones:
        phone.wait(lambda phone=phone: phone.disconnects, "it is disconnected")
