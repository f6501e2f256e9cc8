"""However many reach for an order at the same moment, on whatever node, and whatever is standing still: one gets it."""

import pytest

from conftest import running
from harness import until
from scene import Scene
from sockets import together

#: Drivers and rounds: what is usual, and what `./lastmile test --deep` takes.
SIZES = [pytest.param(60, 3, id="60 drivers"),
         pytest.param(200, 100, id="200 drivers, 100 times", marks=[pytest.mark.deep, pytest.mark.timeout(1800)])]


@pytest.fixture(scope="module")
def crowded(request):
    """A cluster that offers an order to everybody around, for long."""
    with running(request, MATCHING_OFFERS_AT_ONCE=500, MATCHING_OFFER_SECONDS=120) as cluster:
        yield cluster


@pytest.fixture
def scene(crowded):
    crowded.ensure_healthy()
    made = Scene(crowded)
    yield made
    made.close()


@pytest.fixture(scope="module")
def crowds(crowded):
    """Connected drivers around one shop, made once for each size."""
    made = {}

    def crowd(size):
        if size not in made:
            scene = Scene(crowded)
            made[size] = scene, scene.phones_of([scene.driver(metres=50 + at) for at in range(size)])
        return made[size]

    yield crowd
    for scene, _ in made.values():
        scene.close()


def stampede(cluster, phones, payload, still):
    """All accept at the same moment: those parts that stand `still` go on only once every node has all it was sent."""
    stopped = [pid for name in still for pid in cluster.stop(name)]

    async def queue(phone):
        # Answered by the node alone, after it has begun with what this phone sent before.
        phone.answer = await phone.sending("offer_accept", payload)
        await phone.barrier()

    try:
        together(*(queue(phone) for phone in phones))
    finally:
        cluster.cont(stopped)
    return together(*(phone.answer for phone in phones))


@pytest.mark.parametrize("size, rounds", SIZES)
@pytest.mark.parametrize("still", ["redis", "postgres"])
def test_one_driver_wins_and_every_other_is_told_why(crowded, crowds, size, rounds, still):
    crowded.ensure_healthy()
    scene, phones = crowds(size)
    assert {phone.node for phone in phones} == {"node-1", "node-2", "node-3"}
    for _ in range(rounds):
        order = scene.order()
        for phone in phones:
            phone.await_one("order_offer", orderId=order["id"])
        acks = stampede(crowded, phones, {"orderId": order["id"]}, [still])
        won = [at for at, ack in enumerate(acks) if ack["ok"]]
        assert len(won) == 1, acks
        assert {ack["error"]["code"] for ack in acks if not ack["ok"]} == {"ORDER_ALREADY_ACCEPTED"}
        winner = phones[won[0]]
        assert acks[won[0]]["order"]["driverId"] == winner.api.user["id"]
        now = scene.read(order)
        assert now["status"] == "ACCEPTED" and now["driverId"] == winner.api.user["id"]
        assert sum(event["type"] == "order.accepted" for event in scene.events(order)) == 1
        for phone in phones:
            if phone is not winner:
                assert phone.await_one("offer_withdrawn", orderId=order["id"])["reason"] == "ACCEPTED"
                phone.arrived.clear()
        assert scene.customer.patch(f"orders/{order['id']}/cancel", {}).status_code == 200
        winner.arrived.clear()


@pytest.mark.parametrize("still", [[], ["redis"], ["postgres"]], ids=["nothing", "redis", "postgres"])
def test_a_driver_of_capacity_1_who_accepts_two_orders_at_once_gets_one(crowded, scene, still):
    for _ in range(3):
        driver = scene.driver(capacity=1)
        phones = [scene.phone(driver, node) for node in ("node-1", "node-2", "node-3")]
        orders = [scene.order() for _ in phones]
        for phone in phones:
            for order in orders:
                phone.await_one("order_offer", orderId=order["id"])

        async def queue(phone, order):
            phone.answer = await phone.sending("offer_accept", {"orderId": order["id"]})
            await phone.barrier()

        stopped = [pid for name in still for pid in crowded.stop(name)]
        try:
            together(*(queue(phone, order) for phone, order in zip(phones, orders)))
        finally:
            crowded.cont(stopped)
        acks = together(*(phone.answer for phone in phones))
        assert [ack["ok"] for ack in acks].count(True) == 1, acks
        # Whoever asks after the surplus offers were withdrawn finds them gone.
        assert {ack["error"]["code"] for ack in acks if not ack["ok"]} <= {"DRIVER_AT_CAPACITY", "OFFER_EXPIRED"}
        assert sorted(scene.read(order)["driverId"] == driver.user["id"] for order in orders) == [False, False, True]
        for order in orders:
            scene.customer.patch(f"orders/{order['id']}/cancel", {})
        driver.patch("drivers/me", {"available": False})


def test_two_orders_and_two_drivers_crossed_end_with_one_each(crowded, scene):
    one, two = scene.driver(capacity=1), scene.driver(capacity=1)
    phones = [scene.phone(one, "node-1"), scene.phone(two, "node-2")]
    for _ in range(10):
        orders = [scene.order(), scene.order()]
        for phone in phones:
            for order in orders:
                phone.await_one("order_offer", orderId=order["id"])
        acks = together(*(phone.calling("offer_accept", {"orderId": order["id"]})
                          for order, other in ((orders[0], orders[1]), (orders[1], orders[0])) for phone in phones))
        assert [ack["ok"] for ack in acks].count(True) in (1, 2), acks
        holders = [scene.read(order)["driverId"] for order in orders]
        taken = [holder for holder in holders if holder]
        assert len(taken) == len(set(taken)) == [ack["ok"] for ack in acks].count(True)
        for order in orders:
            scene.customer.patch(f"orders/{order['id']}/cancel", {})


def test_an_accept_from_before_a_release_that_names_its_offer_is_refused(crowded, scene):
    driver = scene.driver()
    phone = scene.phone(driver, "node-1")
    order = scene.order()
    offer = phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})["ok"]
    assert phone.call("order_release", {"orderId": order["id"], "reason": "flat tyre"})["ok"]
    late = scene.phone(driver, "node-2").call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})
    assert late["ok"] is False and late["error"]["code"] in ("OFFER_EXPIRED", "ORDER_ALREADY_ACCEPTED"), late
    assert scene.read(order)["driverId"] is None


def test_an_accept_from_before_another_drivers_release_is_refused(crowded, scene):
    winner, late = scene.driver(), scene.driver()
    phones = [scene.phone(winner, "node-1"), scene.phone(late, "node-3")]
    order = scene.order()
    offers = [phone.await_one("order_offer", orderId=order["id"]) for phone in phones]
    assert phones[0].call("offer_accept", {"orderId": order["id"]})["ok"]
    phones[1].await_one("offer_withdrawn", orderId=order["id"])
    assert phones[0].call("order_release", {"orderId": order["id"], "reason": "flat tyre"})["ok"]
    ack = phones[1].call("offer_accept", {"orderId": order["id"], "offerId": offers[1]["offerId"]})
    assert ack["ok"] is False and ack["error"]["code"] in ("OFFER_EXPIRED", "ORDER_ALREADY_ACCEPTED"), ack
    # Its newest offer is another one, and that one is good.
    phones[1].wait(lambda: len({one["offerId"] for one in phones[1].got("order_offer", orderId=order["id"])}) == 2,
                   "it is offered anew")
    assert phones[1].call("offer_accept", {"orderId": order["id"]})["ok"]


def test_accepts_succeed_after_redis_was_emptied(crowded, scene):
    phones = scene.phones_of([scene.driver() for _ in range(6)])
    order = scene.order()
    for phone in phones:
        phone.await_one("order_offer", orderId=order["id"])
    assert "OK" in crowded.redis("FLUSHALL")
    acks = together(*(phone.calling("offer_accept", {"orderId": order["id"]}) for phone in phones))
    assert [ack["ok"] for ack in acks].count(True) == 1, acks
    assert {ack["error"]["code"] for ack in acks if not ack["ok"]} == {"ORDER_ALREADY_ACCEPTED"}


def test_a_winner_who_asks_again_gets_the_same_on_every_node(crowded, scene):
    driver = scene.driver()
    phones = [scene.phone(driver, node) for node in ("node-1", "node-2", "node-3")]
    order = scene.order()
    for phone in phones:
        phone.await_one("order_offer", orderId=order["id"])
    acks = together(*(phone.calling("offer_accept", {"orderId": order["id"]}) for phone in phones * 2))
    assert all(ack["ok"] for ack in acks), acks
    assert len({ack["order"]["version"] for ack in acks}) == 1
    assert sum(event["type"] == "order.accepted" for event in scene.events(order)) == 1
    until(lambda: driver.get("drivers/me/offers").json()["data"] == [], "no offer is left")
