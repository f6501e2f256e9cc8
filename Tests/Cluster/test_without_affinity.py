"""Orders behind a load balancer that knows nothing of sessions, by clients that can do nothing but poll."""

import re
import tempfile
from pathlib import Path

import pytest
import requests

from bustle import Bustle
from harness import PATIENCE, until
from roundrobin import RoundRobin
from sockets import Phone, together

NODES = ("node-1", "node-2", "node-3")


@pytest.fixture
def door(cluster):
    """Before the three nodes, past Nginx as it is for production."""
    cluster.healthy()
    with tempfile.TemporaryDirectory(prefix="lastmile-door-", dir="/tmp") as folder:
        home = Path(folder)
        home.chmod(0o755)
        made = RoundRobin(home, [int(cluster.node_url(node).rpartition(":")[2]) for node in NODES])
        try:
            yield made
        finally:
            made.stop()


def relayed(cluster):
    """Requests of others' sessions that the nodes passed on."""
    texts = [requests.get(f"{cluster.node_url(node)}/metrics", timeout=30).text for node in NODES]
    return sum(float(re.search(r"^lastmile_relay_requests_total (\S+)$", text, re.MULTILINE).group(1)) for text in texts)


def polling(scene, api, **options):
    phone = Phone(api, transports=("polling",), **options)
    scene.phones.append(phone)
    return phone


def check_whole(phone, order, version):
    """Every event of an order in the order of its numbers, once each, as they came."""
    assert phone.seqs(order) == list(range(1, version + 1))


def test_orders_are_placed_taken_and_brought_over_three_nodes(scene, cluster, door):
    scene.product
    before = relayed(cluster)
    people = [cluster.api(base=door.url).register("CUSTOMER") for _ in range(3)]
    drivers = [cluster.api(base=door.url).register("DRIVER") for _ in range(3)]
    merchant = cluster.api(scene.merchant.token, door.url)
    phones = [polling(scene, api) for api in (*people, *drivers, merchant)]
    together(*(phone.connecting() for phone in phones))
    customers, couriers, shop = phones[:3], phones[3:6], phones[6]
    assert {phone.client.transport() for phone in phones} == {"polling"}
    for courier in couriers:
        assert courier.call("availability", {"available": True})["ok"]
        assert courier.call("location_update", scene.place(300))["ok"]
    orders = [scene.order(person) for person in people]
    taken = {}

    def take():
        """Each courier takes what is offered to it until every order is taken."""
        for courier in couriers:
            for offer in courier.got("order_offer"):
                if offer["orderId"] not in taken:
                    answer = courier.call("offer_accept", {"orderId": offer["orderId"], "offerId": offer["offerId"]})
                    if answer["ok"]:
                        taken[offer["orderId"]] = courier
        return len(taken) == len(orders)

    until(take, "every order is taken")
    for order in orders:
        courier = taken[order["id"]]
        for status in ("DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"):
            answer = courier.call("order_status", {"orderId": order["id"], "status": status})
            assert answer["ok"], answer
    for customer, order in zip(customers, orders):
        version = scene.read(order)["version"]
        for phone in (customer, shop):
            phone.await_seq(order["id"], version)
            phone.settle()
            check_whole(phone, order["id"], version)
        courier = taken[order["id"]]
        courier.await_seq(order["id"], version)
        courier.settle()
        seqs = courier.seqs(order["id"])
        assert seqs == list(range(seqs[0], version + 1)), seqs
        assert courier.events(order["id"])[0]["type"] == "order.accepted"
    # Two of three requests reach a node that does not own the session.
    assert relayed(cluster) - before > len(phones)


def test_a_rollout_loses_nothing_for_clients_that_come_in_through_other_nodes(scene, cluster, door):
    scene.product
    bustle = Bustle(scene, customers=6, pause=0.05)
    phones = [polling(scene, cluster.api(customer.token, door.url), keeps=True) for customer in bustle.customers]
    together(*(phone.connecting(after={}) for phone in phones))
    with bustle:
        before = {node: cluster.pid(node) for node in NODES}
        cluster.command("rollout")
        assert all(cluster.pid(node) != before[node] for node in NODES)
        # Each session ended with its node, and its client has come back since.
        for phone in phones:
            phone.wait(lambda phone=phone: phone.connects >= 2 and phone.client.connected, "it is back", PATIENCE * 2)
    assert bustle.changes and not bustle.problems, bustle.problems[:3]
    versions = bustle.versions()
    for phone, customer, order in zip(phones, bustle.customers, bustle.orders):
        version = versions[customer.token][order["id"]]
        phone.await_seq(order["id"], version)
        phone.settle()
        check_whole(phone, order["id"], version)
