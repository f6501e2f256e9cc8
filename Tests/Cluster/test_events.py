"""Order events reach whom they concern: each once, in order, without a hole, on whatever node, by whatever transport."""

import uuid

import pytest

from sockets import ORDER_EVENTS, Refused

#: Seconds within which an event comes although its PUBLISH was lost.
REPAIRED = 2.0
NAMES = {"order.created": "order_created", "order.accepted": "order_accepted"}


def name_of(event):
    return NAMES.get(event["type"], "order_status_update")


def exactly(scene, phone, order, first=1, last=None):
    """Compares the raw arrivals at a phone with what the order's history says."""
    expected = [event for event in scene.events(order) if event["seq"] >= first and (not last or event["seq"] <= last)]
    phone.await_seq(order["id"], expected[-1]["seq"])
    phone.settle()
    arrived = [(name, body) for name, body in phone.arrived if name in ORDER_EVENTS and body["orderId"] == order["id"]]
    assert [body["seq"] for _, body in arrived] == [event["seq"] for event in expected]
    assert arrived == [(name_of(event), event) for event in expected]


def deliver(scene, driver, order):
    for status in ("DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"):
        answer = scene.move(driver, order, status)
        assert answer.status_code == 200, answer.text


def test_everybody_concerned_gets_each_event_once_in_order_on_different_nodes(scene):
    driver = scene.driver()
    customer = scene.phone(scene.customer, "node-1")
    merchant = scene.phone(scene.merchant, "node-2")
    courier = scene.phone(driver, "node-3")
    admin = scene.phone(scene.admin, "node-1")
    second = scene.phone(scene.customer, "node-3")
    scene.shop
    assert admin.call("admin_subscribe")["ok"]
    order = scene.order()
    courier.await_one("order_offer", orderId=order["id"])
    assert scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "PREPARING"}).status_code == 200
    assert courier.call("offer_accept", {"orderId": order["id"]})["ok"]
    assert scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "READY"}).status_code == 200
    deliver(scene, driver, order)
    for phone in (customer, second, merchant, admin):
        exactly(scene, phone, order)
    accepted = next(event["seq"] for event in scene.events(order) if event["type"] == "order.accepted")
    exactly(scene, courier, order, accepted)


def test_a_shop_made_after_its_merchant_connected_is_followed_too(scene):
    merchant = scene.phone(scene.merchant, "node-2")
    order = scene.order()
    scene.await_status(order, "MATCHING")
    exactly(scene, merchant, order)


def test_a_stranger_gets_nothing(scene):
    stranger = scene.phone(scene.cluster.register("CUSTOMER"))
    other_driver = scene.phone(scene.driver(metres=500_000))
    watcher = scene.phone(scene.customer)
    order = scene.order()
    watcher.await_seq(order["id"], 2)
    for phone in (stranger, other_driver):
        phone.settle()
        assert not phone.events(order["id"])


def test_a_driver_is_sent_the_events_from_its_accept_to_its_release(scene):
    driver = scene.driver()
    courier = scene.phone(driver, "node-2")
    order = scene.order()
    courier.await_one("order_offer", orderId=order["id"])
    assert courier.call("offer_accept", {"orderId": order["id"]})["ok"]
    ack = courier.call("order_release", {"orderId": order["id"], "reason": "puncture"})
    assert ack["ok"], ack
    history = scene.events(order)
    first = next(event["seq"] for event in history if event["type"] == "order.accepted")
    last = next(event["seq"] for event in history if event["type"] == "order.matching" and event["seq"] > first)
    other = scene.driver()
    second = scene.phone(other, "node-3")
    scene.offer(other, order)
    assert other.post(f"orders/{order['id']}/accept").status_code == 200
    deliver(scene, other, order)
    exactly(scene, courier, order, first, last)
    exactly(scene, second, order, last + 1)


# Resuming.

def test_who_resumes_by_seq_misses_nothing_and_gets_nothing_twice(scene):
    driver = scene.driver()
    phone = scene.phone(scene.customer, "node-1")
    order = scene.order()
    scene.offer(driver, order)
    seen = len(phone.await_seq(order["id"], 2))
    phone.disconnect()
    assert driver.post(f"orders/{order['id']}/accept").status_code == 200
    assert scene.move(driver, order, "DRIVER_ARRIVING").status_code == 200
    back = scene.phone(scene.customer, "node-2", after={order["id"]: seen})
    for status in ("PICKED_UP", "DELIVERED"):
        assert scene.move(driver, order, status).status_code == 200
    exactly(scene, back, order, seen + 1)


def test_an_empty_after_brings_every_open_order_from_its_first_event_and_no_closed_one(scene):
    opened, closed = scene.order(), scene.order()
    scene.customer.patch(f"orders/{closed['id']}/cancel", {})
    scene.await_status(opened, "MATCHING")
    phone = scene.phone(scene.customer, "node-3", after={})
    exactly(scene, phone, opened)
    assert not phone.events(closed["id"])
    merchant = scene.phone(scene.merchant, "node-1", after={})
    exactly(scene, merchant, opened)


def test_an_order_named_with_0_comes_whole_though_it_is_closed(scene):
    order = scene.order()
    scene.customer.patch(f"orders/{order['id']}/cancel", {})
    phone = scene.phone(scene.customer, after={order["id"]: 0})
    exactly(scene, phone, order)


def test_without_after_pushes_begin_with_what_follows_the_connect(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    seen = len(scene.events(order))
    phone = scene.phone(scene.customer, "node-2")
    assert scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "READY"}).status_code == 200
    exactly(scene, phone, order, seen + 1)


def test_a_driver_who_resumes_with_0_begins_at_its_own_accept(scene):
    driver, order = scene.accepted()
    scene.move(driver, order, "DRIVER_ARRIVING")
    first = next(event["seq"] for event in scene.events(order) if event["type"] == "order.accepted")
    for after in ({order["id"]: 0}, {}):
        exactly(scene, scene.phone(driver, after=after), order, first)
    exactly(scene, scene.phone(driver, after={order["id"]: first}), order, first + 1)


def test_orders_of_others_and_of_nobody_are_passed_over(scene):
    order, other = scene.order(), scene.order(customer=scene.cluster.register("CUSTOMER"))
    scene.await_status(order, "MATCHING")
    phone = scene.phone(scene.customer, after={other["id"]: 0, str(uuid.uuid4()): 3, order["id"]: 0})
    exactly(scene, phone, order)
    assert not phone.events(other["id"])


def test_a_thousand_orders_may_be_resumed_and_one_more_is_refused(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    named = {order["id"]: 0, **{str(uuid.uuid4()): 0 for _ in range(999)}}
    exactly(scene, scene.phone(scene.customer, after=named), order)
    with pytest.raises(Refused) as refused:
        scene.phone(scene.customer, after={**named, str(uuid.uuid4()): 0})
    assert refused.value.code == "TOO_MANY_ORDERS"


@pytest.mark.parametrize("after", [7, "x", [1], {"nonsense": 1}, {str(uuid.uuid4()): -1}, {str(uuid.uuid4()): "1"}])
def test_a_senseless_after_is_refused(scene, after):
    with pytest.raises(Refused) as refused:
        scene.phone(scene.customer, after=after)
    assert refused.value.code


def test_who_is_cut_off_over_and_over_still_gets_each_event_once(scene):
    driver = scene.driver()
    customer = scene.phone(scene.customer, keeps=True, after={})
    order = scene.order()
    scene.offer(driver, order)
    assert driver.post(f"orders/{order['id']}/accept").status_code == 200
    for at, step in enumerate((
            lambda: scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "PREPARING"}),
            lambda: scene.move(driver, order, "DRIVER_ARRIVING"),
            lambda: scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "READY"}),
            lambda: scene.move(driver, order, "PICKED_UP"), lambda: scene.move(driver, order, "DELIVERED"))):
        customer.cut()
        assert step().status_code == 200
        customer.wait(lambda at=at: customer.connects > at + 1, "it has connected again")
    exactly(scene, customer, order)


# Subscribing.

def test_what_the_ack_of_order_subscribe_holds_is_not_pushed_after_it(scene):
    order = scene.order()
    phone = scene.phone(scene.admin, "node-2")
    # Changes all the while: the border between ack and pushes runs between two of them.
    for _ in range(3):
        for state in ("PREPARING", "READY"):
            scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": state})
        ack = phone.call("order_subscribe", {"orderId": order["id"]})
        assert ack["ok"] and ack["order"]["id"] == order["id"]
        assert [event["seq"] for event in ack["events"]] == list(range(1, ack["order"]["version"] + 1))
    border = ack["order"]["version"]
    scene.customer.patch(f"orders/{order['id']}/cancel", {})
    last = scene.read(order)["version"]
    phone.await_seq(order["id"], last)
    phone.settle()
    after_ack = [body["seq"] for name, body in phone.arrived[phone.arrived.index(("ack", ack)):]
                 if name in ORDER_EVENTS and body["orderId"] == order["id"]]
    assert after_ack == list(range(border + 1, last + 1))


def test_order_subscribe_answers_what_lies_past_after(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    phone = scene.phone(scene.customer)
    for after in (0, 1, 2, 99):
        ack = phone.call("order_subscribe", {"orderId": order["id"], "after": after})
        assert ack["ok"] and [event["seq"] for event in ack["events"]] == list(range(after + 1, ack["order"]["version"] + 1))


def test_who_unsubscribes_hears_no_more(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    phone = scene.phone(scene.admin)
    watcher = scene.phone(scene.customer, phone.node)
    assert phone.call("order_subscribe", {"orderId": order["id"]})["ok"]
    assert phone.call("order_unsubscribe", {"orderId": order["id"]})["ok"]
    scene.customer.patch(f"orders/{order['id']}/cancel", {})
    watcher.await_seq(order["id"], scene.read(order)["version"])
    phone.settle()
    assert not phone.events(order["id"])


# Offers.

def test_open_offers_come_again_at_connect_under_the_same_id(scene):
    driver = scene.driver()
    courier = scene.phone(driver, "node-1")
    order = scene.order()
    offer = courier.await_one("order_offer", orderId=order["id"])
    courier.disconnect()
    again = scene.phone(driver, "node-2").await_one("order_offer", orderId=order["id"])
    assert again["offerId"] == offer["offerId"] and again["expiresAt"] == offer["expiresAt"]
    assert 0 < again["expiresInMs"] <= offer["expiresInMs"]


def test_an_offer_is_withdrawn_from_those_who_did_not_win(scene):
    winner, loser = scene.driver(), scene.driver()
    phone = scene.phone(loser, "node-3")
    order = scene.order()
    offer = phone.await_one("order_offer", orderId=order["id"])
    scene.offer(winner, order)
    assert winner.post(f"orders/{order['id']}/accept").status_code == 200
    gone = phone.await_one("offer_withdrawn", orderId=order["id"])
    assert gone == {"offerId": offer["offerId"], "orderId": order["id"], "reason": "ACCEPTED"}
    ack = phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})
    assert ack["error"]["code"] == "ORDER_ALREADY_ACCEPTED"


def test_an_offer_is_withdrawn_when_the_order_is_cancelled(scene):
    phone = scene.phone(scene.driver(), "node-3")
    order = scene.order()
    phone.await_one("order_offer", orderId=order["id"])
    scene.customer.patch(f"orders/{order['id']}/cancel", {})
    assert phone.await_one("offer_withdrawn", orderId=order["id"])["reason"] == "CANCELLED"
    assert phone.call("offer_accept", {"orderId": order["id"]})["error"]["code"] == "ORDER_CANCELLED"


def test_offers_are_withdrawn_from_who_goes_off_duty(scene):
    phone = scene.phone(scene.driver(), "node-1")
    order = scene.order()
    phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("availability", {"available": False})["ok"]
    assert phone.await_one("offer_withdrawn", orderId=order["id"])["reason"] == "OFF_DUTY"


def test_surplus_offers_are_withdrawn_from_who_is_full(scene):
    driver = scene.driver(capacity=1)
    phone = scene.phone(driver, "node-2")
    one, two = scene.order(), scene.order()
    for order in (one, two):
        phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("offer_accept", {"orderId": one["id"]})["ok"]
    assert phone.await_one("offer_withdrawn", orderId=two["id"])["reason"] == "AT_CAPACITY"


def test_availability_may_come_before_the_first_position(scene):
    driver = scene.driver(available=False)
    phone = scene.phone(driver, "node-2")
    order = scene.order()
    assert phone.call("availability", {"available": True})["ok"]
    assert phone.call("location_update", scene.place(100))["ok"]
    assert phone.await_one("order_offer", orderId=order["id"])["distanceMeters"] == pytest.approx(100, rel=0.02)


# Transports and lost messages.

@pytest.mark.parametrize("transports", [("polling",), ("polling", "websocket")])
def test_a_client_that_polls_gets_the_same_as_any_other(scene, transports):
    driver = scene.driver()
    customer = scene.phone(scene.customer, "node-2", transports=transports)
    courier = scene.phone(driver, "node-3", transports=transports)
    assert customer.client.transport() == transports[-1]
    order = scene.order()
    courier.await_one("order_offer", orderId=order["id"])
    assert courier.call("offer_accept", {"orderId": order["id"]})["ok"]
    deliver(scene, driver, order)
    exactly(scene, customer, order)


@pytest.fixture
def deaf(cluster):
    """Redis refuses every PUBLISH while this is open; links and subscriptions stay."""
    open_commands = "+@all"
    assert "OK" in cluster.redis("ACL", "SETUSER", "default", "-publish", "-spublish")
    yield
    assert "OK" in cluster.redis("ACL", "SETUSER", "default", open_commands)


def test_a_lost_publish_of_the_last_event_is_repaired_within_two_seconds(scene, deaf):
    phones = [scene.phone(scene.customer, node) for node in ("node-1", "node-2", "node-3")]
    order = scene.order()
    version = scene.customer.patch(f"orders/{order['id']}/cancel", {}).json()["version"]
    for phone in phones:
        phone.await_seq(order["id"], version, patience=REPAIRED)
        exactly(scene, phone, order)


def test_an_offer_whose_publish_was_lost_still_comes(scene, deaf):
    phones = [scene.phone(scene.driver(), node) for node in ("node-1", "node-2", "node-3")]
    order = scene.order()
    for phone in phones:
        phone.await_one("order_offer", orderId=order["id"])
        phone.settle()
        assert len(phone.got("order_offer", orderId=order["id"])) == 1


def test_a_session_that_ends_while_publishing_fails_still_loses_its_sockets(scene, deaf):
    phones = [scene.phone(scene.customer, node) for node in ("node-1", "node-2", "node-3")]
    assert scene.customer.post("auth/logout").status_code == 204
    for phone in phones:
        phone.await_one("session_revoked")


def test_links_to_redis_that_break_in_the_middle_lose_nothing(scene):
    driver = scene.driver()
    phones = [scene.phone(scene.customer, node) for node in ("node-1", "node-2", "node-3")]
    order = scene.order()
    scene.offer(driver, order)
    scene.cluster.redis("CLIENT", "KILL", "TYPE", "pubsub")
    assert driver.post(f"orders/{order['id']}/accept").status_code == 200
    scene.cluster.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    for status in ("DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"):
        assert scene.move(driver, order, status).status_code == 200
        scene.cluster.redis("CLIENT", "KILL", "TYPE", "pubsub")
    for phone in phones:
        exactly(scene, phone, order)
