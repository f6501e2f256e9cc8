"""Connection state recovery of the product's nodes: for what is no order event, and only for whose it is."""

import json

import pytest
import redis

import recovering
from harness import until


class Client(recovering.Client):
    """Of an account, by its token; `after` as the contract has it."""

    def __init__(self, api):
        super().__init__()
        self.api = api
        self.seen = {}

    def auth(self):
        return {"token": self.api.token, "recovery": True, "after": self.seen, **super().auth()}

    def connect(self, cluster, node, **extra):
        return super().connect(cluster.node_url(node), **extra)

    def got(self, name):
        return [event[1] for event in self.events if event[0] == name]

    def seqs(self, order):
        return [event[1]["seq"] for event in self.events if event[1].get("orderId") == order and "seq" in event[1]]


@pytest.fixture
def client(cluster):
    made = []

    def make(api):
        made.append(Client(api))
        return made[-1]

    yield make
    for one in made:
        if one.link:
            one.drop()


def notify(scene, room, number):
    answer = scene.admin.post("admin/notifications", {
        "to": room, "title": "News", "text": "é", "data": {"n": number}})
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(client):
    return [one["data"]["n"] for one in client.got("notification")]


def promised(client, cluster, node):
    """Connected with a session: a node that has just begun promises none yet."""

    def whole():
        client.connect(cluster, node)
        if client.pid is None:
            client.drop()
        return client.pid

    until(whole, "a session is promised")
    return client


def test_notifications_missed_on_the_way_to_another_node_come_once_and_order_events_by_their_number(scene, cluster, client):
    customer = client(scene.customer)
    promised(customer, cluster, "node-1")
    room = f"user:{scene.customer.user['id']}"
    first = notify(scene, room, 1)
    until(lambda: numbers(customer) == [1], "the first comes", pause=0.05)
    assert customer.got("notification") == [first]
    order = scene.order()
    until(lambda: customer.seqs(order["id"]), "the order's first event comes", pause=0.05)
    customer.drop()
    for number in (2, 3):
        notify(scene, room, number)
    notify(scene, "role:DRIVER", 9)
    answer = scene.customer.patch(f"orders/{order['id']}/cancel")
    assert answer.status_code == 200, answer.text
    customer.seen = {order["id"]: max(customer.seqs(order["id"]))}
    customer.connect(cluster, "node-2")
    assert customer.recovered
    notify(scene, room, 4)
    until(lambda: 4 in numbers(customer), "the fourth comes", pause=0.05)
    assert numbers(customer) == [1, 2, 3, 4]
    version = answer.json()["version"]
    until(lambda: version in customer.seqs(order["id"]), "the order's last event comes", pause=0.05)
    assert customer.seqs(order["id"]) == list(range(1, version + 1))


def test_a_room_of_an_emitters_own_is_kept_on_the_way(scene, cluster, client):
    link = redis.Redis(unix_socket_path=cluster.part("redis")["address"])
    customer = client(scene.customer)
    promised(customer, cluster, "node-1")
    link.publish("socket.io-request#/#", json.dumps(
        {"type": 2, "opts": {"rooms": [customer.sid], "except": []}, "rooms": ["theirs"]}))

    def rooms(node):
        found = scene.admin.get("admin/sockets", params={"user": scene.customer.user["id"]}).json()["data"]
        return [one["rooms"] for one in found if one["node"] == node and one["id"] == customer.sid]

    until(lambda: any("theirs" in one for one in rooms("node-1")), "it is in the room")
    sid = customer.sid
    customer.drop()
    customer.connect(cluster, "node-2")
    assert customer.recovered and customer.sid == sid
    until(lambda: any("theirs" in one for one in rooms("node-2")), "it still is")
    link.close()


def test_an_open_offer_comes_once_in_each_connection_recovered_or_not(scene, cluster, client):
    driver = scene.driver()
    phone = client(driver)
    promised(phone, cluster, "node-1")
    scene.order()
    until(lambda: phone.got("order_offer"), "the offer comes", pause=0.05)

    def still_open():
        return {one["offerId"] for one in driver.get("drivers/me/offers").json()["data"]}

    for node in ("node-2", "node-3"):
        known = len(phone.events)
        phone.drop()
        before = still_open()
        phone.connect(cluster, node)
        assert phone.recovered
        notify(scene, f"user:{driver.user['id']}", known)
        until(lambda known=known: known in numbers(phone), "the notification comes", pause=0.05)
        offers = [event[1]["offerId"] for event in phone.events[known:] if event[0] == "order_offer"]
        assert len(offers) == len(set(offers))
        # One that lapses just now, on a slow machine, need not come.
        assert before & still_open() <= set(offers)


def test_after_a_logout_nothing_can_be_taken_up(scene, cluster, client):
    api = scene.cluster.register("CUSTOMER")
    email, password = api.user["email"], f"secret-{api.user['email'].split('-')[1].split('@')[0]}"
    phone = client(api)
    promised(phone, cluster, "node-1")
    pid = phone.pid
    phone.drop()
    notify(scene, f"user:{api.user['id']}", 1)
    assert api.post("auth/logout").status_code == 204
    phone.connect(cluster, "node-2")
    assert phone.refusal["data"]["code"] == "SESSION_REVOKED"
    # The same person in a new session is somebody else to the socket.
    api.token = None
    api.login(email, password)
    phone.pid = pid
    until(lambda: phone.connect(cluster, "node-2").sessions[1:], "a fresh session begins")
    assert not phone.recovered and phone.pid != pid
    notify(scene, f"user:{api.user['id']}", 2)
    until(lambda: numbers(phone), "the second comes", pause=0.05)
    assert numbers(phone) == [2]


def test_who_has_only_the_id_of_a_session_gets_nothing_of_it(scene, cluster, client):
    victim, thief = client(scene.customer), client(scene.cluster.register("CUSTOMER"))
    promised(victim, cluster, "node-1")
    victim.drop()
    notify(scene, f"user:{scene.customer.user['id']}", 1)
    thief.pid, thief.offset = victim.pid, victim.offset
    until(lambda: thief.connect(cluster, "node-3").sessions, "the thief gets a session of its own")
    assert not thief.recovered and thief.pid != victim.pid and thief.sid != victim.sid
    notify(scene, f"user:{thief.api.user['id']}", 2)
    until(lambda: numbers(thief), "its own notification comes", pause=0.05)
    assert numbers(thief) == [2]


def test_a_driver_does_not_come_back_into_the_room_of_an_order_that_was_taken_away(scene, cluster, client):
    driver, order = scene.accepted()
    phone = client(driver)
    promised(phone, cluster, "node-1")
    assert phone.ask("order_subscribe", {"orderId": order["id"]})[0]["ok"]
    phone.drop()
    answer = driver.post(f"orders/{order['id']}/release", {"reason": "flat tyre"})
    assert answer.status_code == 200, answer.text
    notify(scene, f"order:{order['id']}", 1)
    until(lambda: phone.connect(cluster, "node-2").sessions[1:], "a fresh session begins")
    assert not phone.recovered
    notify(scene, f"order:{order['id']}", 2)
    notify(scene, f"user:{driver.user['id']}", 3)
    until(lambda: 3 in numbers(phone), "its own notification comes", pause=0.05)
    assert numbers(phone) == [3]


def test_without_redis_a_socket_that_asked_for_recovery_gets_what_any_other_gets(scene, cluster, client):
    driver = scene.driver()
    phone, customer = client(driver), client(scene.customer)
    promised(phone, cluster, "node-1")
    stopped = cluster.stop("redis")
    try:
        customer.connect(cluster, "node-2")
        assert customer.refusal is None
        order = scene.order()
        until(lambda: phone.got("order_offer"), "the offer comes", pause=0.05)
        answer = driver.post(f"orders/{order['id']}/accept")
        assert answer.status_code == 200, answer.text
        version = answer.json()["version"]
        until(lambda: version in customer.seqs(order["id"]), "the customer hears of it", pause=0.05)
    finally:
        cluster.cont(stopped)
    assert customer.seqs(order["id"]) == list(range(1, version + 1))


def test_who_does_not_ask_gets_no_session_and_no_offsets(scene):
    phone = scene.phone(scene.customer, "node-1")
    other = scene.phone(scene.customer, "node-2")
    sent = notify(scene, f"user:{scene.customer.user['id']}", 1)
    for one in (phone, other):
        assert one.await_one("notification") == sent
        assert len(one.arrived) == 1
