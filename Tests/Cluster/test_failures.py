"""Parts that die, stand still, come back or come back empty: the others go on, and nothing acknowledged is lost."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from conftest import running
from harness import PATIENCE, until
from scene import Scene, problem
from sockets import Phone, Refused, together
from test_events import deliver, exactly

#: Seconds that nobody waits longer than for an answer.
LONGEST_WAIT = 5.0
#: For what this machine adds on both sides of a wait: it may be busy with anything.
SLACK = 1.5
LONG = [pytest.mark.deep, pytest.mark.timeout(600)]
NODES = ("node-1", "node-2", "node-3")


@pytest.fixture(scope="module")
def brisk(request):
    """A cluster that loses patience soon: offers of 3 s, drivers silent after 2 s and lost after 6 s."""
    with running(request, MATCHING_OFFER_SECONDS=3, MATCHING_BACKOFF_SECONDS=0.5, MATCHING_ATTEMPTS=3,
                 DRIVER_SILENT_SECONDS=2, DRIVER_LOST_SECONDS=6, DRAIN_SECONDS=3) as cluster:
        yield cluster


@pytest.fixture
def quick(brisk):
    """A neighbourhood on the brisk cluster."""
    brisk.ensure_healthy()
    made = Scene(brisk)
    yield made
    made.close()


def timed(work):
    began = time.monotonic()
    answer = work()
    return time.monotonic() - began, answer


class Traffic:
    """Customers who order and cancel through the door all the while. Everything that was acknowledged is checked."""

    def __init__(self, scene, users=3):
        scene.shop, scene.product
        self.scene = scene
        self.customers = [scene.cluster.register("CUSTOMER") for _ in range(users)]
        self.answers, self.placed, self.cancelled = [], [], []
        self.over = threading.Event()
        self.pool = ThreadPoolExecutor(users)

    def __enter__(self):
        self.work = [self.pool.submit(self._go, customer) for customer in self.customers]
        return self

    def __exit__(self, *_):
        self.over.set()
        for one in self.work:
            one.result(PATIENCE)
        self.pool.shutdown()

    def _go(self, customer):
        while not self.over.is_set():
            self._ask(lambda: customer.post("orders", self.scene.order_body()), self._placed)
            if self.placed and len(self.placed) % 3 == 0:
                mine = next((order for order in reversed(self.placed) if order["customerId"] == customer.user["id"]), None)
                if mine:
                    self._ask(lambda: customer.patch(f"orders/{mine['id']}/cancel", {}), self._cancelled)
            self.over.wait(0.05)

    def _ask(self, request, done):
        try:
            seconds, answer = timed(request)
        except requests.RequestException as refused:
            self.answers.append((0.0, type(refused).__name__, None))
            return
        self.answers.append((seconds, answer.status_code, answer.headers.get("Retry-After")))
        if answer.status_code < 300:
            done(answer.json())

    def _placed(self, order):
        self.placed.append(order)

    def _cancelled(self, order):
        self.cancelled.append(order)

    def answered(self, count=1):
        """Waits for so many more good answers."""
        target = len(self.placed) + count
        until(lambda: len(self.placed) >= target, f"{count} more orders are placed")

    def check(self, allowed):
        """Nobody waited too long, only what is allowed was answered, and all that was acknowledged is there."""
        assert {status for _, status, _ in self.answers} <= set(allowed), sorted(
            {str(status) for _, status, _ in self.answers})
        assert max(seconds for seconds, _, _ in self.answers) < LONGEST_WAIT + SLACK
        assert all(retry for _, status, retry in self.answers if status == 503)
        for order in self.placed:
            assert self.scene.events(order)[0]["type"] == "order.created"
        for order in self.cancelled:
            assert self.scene.status(order) == "CANCELLED"


# A node.

@pytest.mark.parametrize("pause", [pytest.param(8, id="8 s"), pytest.param(60, id="60 s", marks=LONG)])
def test_a_node_that_stands_still_amid_accepts_keeps_nobody_waiting_and_loses_nobodys_order(scene, cluster, pause):
    drivers = [scene.driver(metres=50 + at) for at in range(5)]
    phones = [scene.phone(driver, "node-2") for driver in drivers[:3]]
    phones += [scene.phone(driver, "node-1") for driver in drivers[3:]]
    held = []
    scene.admin, scene.product
    for phone in phones[:2]:
        order = scene.order()
        phone.await_one("order_offer", orderId=order["id"])
        assert phone.call("offer_accept", {"orderId": order["id"]})["ok"]
        held.append((order, phone.api.user["id"]))
    contested = scene.order()
    for phone in phones[2:]:
        phone.await_one("order_offer", orderId=contested["id"])
    stopped = cluster.stop("node-2")
    try:
        began = time.monotonic()

        async def send(phone):
            await phone.client.emit("offer_accept", {"orderId": contested["id"]})

        # Sent to the node that stands still, and at the same moment to one that does not.
        together(send(phones[2]))
        acks = together(*(phone.calling("offer_accept", {"orderId": contested["id"]}) for phone in phones[3:]))
        assert time.monotonic() - began < LONGEST_WAIT + SLACK
        assert [ack["ok"] for ack in acks].count(True) == 1, acks
        api = scene.customer
        while time.monotonic() - began < pause:
            seconds, answer = timed(lambda: api.post("orders", scene.order_body()))
            assert seconds < LONGEST_WAIT + SLACK and answer.status_code in (202, 503), answer.text
            for order, driver in held:
                now = scene.read(order)
                assert (now["status"], now["driverId"]) == ("ACCEPTED", driver)
    finally:
        cluster.cont(stopped)
    cluster.healthy()
    # The drivers' clients had no chance to speak: what was theirs still is.
    for order, driver in held:
        assert [event["type"] for event in scene.events(order)].count("order.matching") == 1
        assert scene.read(order)["driverId"] == driver
    winner = scene.read(contested)["driverId"]
    assert winner in {phone.api.user["id"] for phone in phones[3:]}
    assert [event["type"] for event in scene.events(contested)].count("order.accepted") == 1


def test_a_node_that_is_killed_comes_back_and_its_clients_resume_without_loss(scene, cluster):
    driver = scene.driver()
    phones = [scene.phone(scene.customer, node, keeps=True, after={}) for node in NODES]
    courier = scene.phone(driver, "node-2", keeps=True, after={})
    orders = [scene.order() for _ in range(4)]
    scene.offer(driver, orders[0])
    was = cluster.pid("node-2")
    # Known only from the answer to its own request: that is what 0 is for.
    courier.seen[orders[0]["id"]] = 0
    os.kill(was, signal.SIGKILL)
    answer = until(lambda: (lambda found: found if found.status_code != 503 else None)(
        driver.post(f"orders/{orders[0]['id']}/accept")), "the accept is answered")
    assert answer.status_code == 200, answer.text
    deliver(scene, driver, orders[0])
    for order in orders[1:]:
        assert scene.customer.patch(f"orders/{order['id']}/cancel", {}).status_code == 200
    cluster.restarted("node-2", was)
    for phone in phones:
        phone.wait(lambda phone=phone: phone.client.connected, "it is connected again")
        for order in orders:
            exactly(scene, phone, order)
    courier.wait(lambda: courier.client.connected and courier.connects > 1, "the driver is connected again")
    first = next(event["seq"] for event in scene.events(orders[0]) if event["type"] == "order.accepted")
    exactly(scene, courier, orders[0], first)


def test_orders_of_a_killed_node_are_matched_by_the_others(quick, brisk):
    driver = quick.driver()
    phone = quick.phone(driver, "node-1")
    base = brisk.node_url("node-3")
    quick.shop, quick.product, quick.customer
    was = brisk.pid("node-3")
    order = brisk.api(quick.customer.token, base).post("orders", quick.order_body()).json()
    os.kill(was, signal.SIGKILL)
    offer = phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})["ok"]
    brisk.restarted("node-3", was)


def test_a_node_that_is_told_to_end_drains_and_ends_well(quick, brisk):
    pid = brisk.pid("node-3")
    phone = quick.phone(quick.customer, "node-3", keeps=True, after={})
    base = brisk.node_url("node-3")
    log = brisk.home / "logs" / "node-3.log"
    ended = log.read_text(encoding="utf-8", errors="replace").count('"node.stopped"')
    closed = []
    phone.client.on("disconnect", lambda *reason: closed.append(reason))
    seen = []
    over = threading.Event()

    def watch():
        while not over.is_set():
            try:
                answer = requests.get(f"{base}/health", timeout=2)
                seen.append((answer.status_code, answer.json()["status"]))
                if answer.status_code == 503:
                    return
            except requests.RequestException:
                pass

    watching = threading.Thread(target=watch)
    watching.start()
    # The supervisor would start it again: this is its own way to replace one.
    os.kill(pid, signal.SIGTERM)
    phone.wait(lambda: phone.connects > 1, "the socket goes on at another node")
    brisk.restarted("node-3", pid)
    over.set()
    watching.join()
    assert closed
    order = quick.order()
    exactly(quick, phone, order)
    assert (503, "draining") in seen, seen[-3:]
    until(lambda: log.read_text(encoding="utf-8", errors="replace").count('"node.stopped"') == ended + 1,
          "its log says that it ended in order")


# Redis.

def test_health_says_degraded_while_redis_is_away_and_rest_goes_on(scene, cluster):
    stopped = cluster.stop("redis")
    try:
        for node in NODES:
            until(lambda: requests.get(f"{cluster.node_url(node)}/health", timeout=PATIENCE).json()["status"] == "degraded",
                  f"{node} is degraded")
            answer = requests.get(f"{cluster.node_url(node)}/health", timeout=PATIENCE)
            assert answer.status_code == 200 and answer.json()["checks"]["redis"] != answer.json()["checks"]["postgres"]
        driver, order = scene.accepted()
        deliver(scene, driver, order)
        phone = scene.phone(scene.customer, after={order["id"]: 0})
        exactly(scene, phone, order)
    finally:
        cluster.cont(stopped)
    cluster.healthy()


@pytest.mark.parametrize("away", [pytest.param(4, id="4 s"), pytest.param(60, id="60 s", marks=LONG)])
def test_redis_dies_stays_away_and_comes_back_empty_and_nothing_is_lost(scene, cluster, away):
    phones = [scene.phone(scene.customer, node, keeps=True, after={}) for node in NODES]
    couriers = [scene.driver(capacity=10) for _ in range(3)]
    driving = [scene.phone(driver, node) for driver, node in zip(couriers, NODES)]
    before = scene.order()
    offered = [phone.await_one("order_offer", orderId=before["id"]) for phone in driving]
    was = cluster.pid("redis")
    supervisor = cluster.supervisor()
    os.kill(supervisor, signal.SIGSTOP)
    try:
        cluster.redis("CONFIG", "SET", "save", "")
        os.kill(was, signal.SIGKILL)
        began = time.monotonic()
        # The offers that were open stay good, and who is on another node hears of it.
        ack = driving[0].call("offer_accept", {"orderId": before["id"], "offerId": offered[0]["offerId"]})
        assert ack["ok"], ack
        for phone in driving[1:]:
            assert phone.await_one("offer_withdrawn", orderId=before["id"])["reason"] == "ACCEPTED"
        deliver(scene, couriers[0], before)
        done = [before]
        while time.monotonic() - began < away:
            order = scene.order()
            offer = driving[1].await_one("order_offer", orderId=order["id"])
            ack = driving[1].call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})
            assert ack["ok"], ack
            deliver(scene, couriers[1], order)
            done.append(order)
        across = scene.order()
        driving[2].await_one("order_offer", orderId=across["id"])
    finally:
        os.kill(supervisor, signal.SIGCONT)
    cluster.restarted("redis", was)
    cluster.healthy()
    assert driving[2].call("offer_accept", {"orderId": across["id"]})["ok"]
    deliver(scene, couriers[2], across)
    for phone in phones:
        assert phone.disconnects == 0
        for order in [*done, across]:
            exactly(scene, phone, order)


def test_deadlines_fire_after_redis_was_emptied(quick, brisk):
    phone = quick.phone(quick.driver(), "node-2")
    order = quick.order()
    phone.await_one("order_offer", orderId=order["id"])
    assert "OK" in brisk.redis("FLUSHALL")
    assert phone.await_one("offer_withdrawn", orderId=order["id"])["reason"] == "EXPIRED"
    quick.await_status(order, "UNASSIGNED")
    # And it ends when a driver becomes free.
    fresh = quick.driver()
    second = quick.phone(fresh, "node-3")
    offer = second.await_one("order_offer", orderId=order["id"])
    assert second.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})["ok"]


def test_an_order_whose_driver_is_lost_is_matched_anew(quick):
    driver, order = quick.accepted()
    other = quick.driver()
    phone = quick.phone(other, "node-2")
    offer = phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})["ok"]
    lost = [event for event in quick.events(order) if event["type"] == "order.matching"][-1]
    assert lost["actor"]["kind"] == "SYSTEM" and driver.user["id"] in lost["data"].values()


def test_a_driver_with_a_socket_is_not_lost_however_still_it_sits(quick):
    driver = quick.driver()
    phone = quick.phone(driver, "node-1")
    order = quick.order()
    phone.await_one("order_offer", orderId=order["id"])
    assert phone.call("offer_accept", {"orderId": order["id"]})["ok"]
    # Another driver is lost meanwhile, at the same place: that much time has passed.
    other, gone = quick.accepted()
    until(lambda: len([event for event in quick.events(gone) if event["type"] == "order.matching"]) > 1, "the other is lost")
    assert quick.read(order)["driverId"] == driver.user["id"]


# PostgreSQL.

@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "restarted"])
def test_postgres_goes_away_and_comes_back(scene, cluster, how):
    phones = [scene.phone(scene.customer, node) for node in NODES]
    order = scene.order()
    scene.await_status(order, "MATCHING")
    supervisor = cluster.supervisor()
    with Traffic(scene) as traffic:
        traffic.answered(5)
        was = cluster.pid("postgres")
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(was, how)
            for node in NODES:
                until(lambda: requests.get(f"{cluster.node_url(node)}/health", timeout=PATIENCE).status_code == 503,
                      f"{node} is unavailable")
                answer = requests.get(f"{cluster.node_url(node)}/health", timeout=PATIENCE)
                assert answer.json()["status"] == "unavailable"
                assert requests.get(f"{cluster.node_url(node)}/health/live", timeout=PATIENCE).status_code == 200
            seconds, answer = timed(lambda: scene.customer.get(f"orders/{order['id']}"))
            problem(answer, 503)
            assert seconds < LONGEST_WAIT + SLACK
            seconds, answer = timed(lambda: scene.customer.post("orders", scene.order_body()))
            problem(answer, 503)
            assert seconds < LONGEST_WAIT + SLACK
            for phone in phones:
                phone.settle()
                assert phone.disconnects == 0
            ack = phones[0].call("order_status", {"orderId": order["id"], "status": "CANCELLED"})
            assert ack["ok"] is False and ack["error"]["code"] == "UNAVAILABLE"
            with pytest.raises(Refused):
                Phone(scene.customer).connect()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        cluster.restarted("postgres", was)
        cluster.healthy()
        traffic.answered(5)
    traffic.check({202, 200, 409, 503})
    assert scene.customer.patch(f"orders/{order['id']}/cancel", {}).status_code == 200
    for phone in phones:
        exactly(scene, phone, order)
        assert phone.disconnects == 0


def test_postgres_that_stands_still_keeps_nobody_waiting(scene, cluster):
    order = scene.order()
    with Traffic(scene) as traffic:
        traffic.answered(3)
        stopped = cluster.stop("postgres")
        try:
            for _ in range(2):
                seconds, answer = timed(lambda: scene.customer.get(f"orders/{order['id']}"))
                problem(answer, 503)
                assert seconds < LONGEST_WAIT + SLACK
        finally:
            cluster.cont(stopped)
        traffic.answered(3)
    traffic.check({202, 200, 409, 503})
    cluster.healthy()


# Everything.

def test_a_storm_over_all_parts_loses_nothing_that_was_acknowledged(scene, cluster):
    phone = scene.phone(scene.merchant, "node-1", keeps=True, after={})
    with Traffic(scene) as traffic:
        for name in ("node-1", "redis", "node-2", "postgres", "node-3"):
            traffic.answered(3)
            cluster.restarted(name, cluster.kill(name))
        cluster.healthy()
        traffic.answered(5)
    traffic.check({202, 200, 409, 503})
    for order in traffic.placed:
        # One that began and ended while the merchant was away is not open, and nobody named it.
        if phone.seqs(order["id"]) or scene.status(order) != "CANCELLED":
            exactly(scene, phone, order)
