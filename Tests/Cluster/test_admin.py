"""What an admin is shown of the cluster: its nodes, and a user's sockets on all of them."""

import re
import time

import pytest

from harness import until
from scene import fields, problem

NODES = ["node-1", "node-2", "node-3"]
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def view(cluster, node="node-1"):
    answer = cluster.login("admin", base=cluster.node_url(node)).get("admin/cluster")
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(view, name):
    return next(one for one in view["nodes"] if one["name"] == name)


@pytest.mark.parametrize("path", ["admin/cluster", "admin/sockets?user=01890000-0000-7000-8000-000000000000"])
def test_only_admins_see_it(scene, path):
    for who in (scene.customer, scene.merchant, scene.driver(available=False)):
        problem(who.get(path), 403, "FORBIDDEN")
    problem(scene.cluster.api().get(path), 401)
    assert scene.admin.get(path).status_code == 200


def test_parameters_are_checked_by_name(scene):
    assert fields(scene.admin.get("admin/sockets"), "VALIDATION_FAILED") == {"user"}
    assert fields(scene.admin.get("admin/sockets?user=x")) == {"user"}
    user = scene.customer.user["id"]
    assert fields(scene.admin.get(f"admin/sockets?user={user}&limit=101")) == {"limit"}
    assert fields(scene.admin.get(f"admin/sockets?user={user}&cursor=!")) == {"cursor"}
    assert fields(scene.admin.get(f"admin/sockets?user={user}&users=1")) == {"users"}
    assert fields(scene.admin.get("admin/cluster?node=1")) == {"node"}


def test_every_node_tells_of_every_node(scene, cluster):
    scene.phone(scene.customer, "node-2")
    for node in NODES:
        def whole(node=node):
            seen = view(cluster, node)
            return seen if named(seen, "node-2")["sockets"] >= 1 and not seen["missingNodes"] else None

        seen = until(whole, f"{node} knows of the socket")
        assert seen["node"] == node and seen["current"] is True
        assert [one["name"] for one in seen["nodes"]] == NODES
        for one in seen["nodes"]:
            assert one["answers"] is True and one["status"] == "ok" and one["draining"] is False
            assert one["redis"] == one["postgres"] == "up" and one["version"]
            assert TIME.match(one["startedAt"]) and TIME.match(one["lastHeardAt"]) and one["startedAt"] <= one["lastHeardAt"]
            assert one["uptime"] >= 0 and one["loopLagMs"] >= 0 and one["rooms"] >= 0
        assert named(seen, "node-2")["rooms"] >= 2


def test_a_node_that_stands_still_is_named_and_nobody_waits_for_it(scene, cluster):
    phones = [scene.phone(scene.customer, node) for node in NODES]
    user = scene.customer.user["id"]
    admin = cluster.login("admin", base=cluster.node_url("node-1"))
    pids = cluster.stop("node-3")
    try:
        seen = until(lambda: (lambda it: it if it["missingNodes"] else None)(view(cluster)), "it is missed")
        assert seen["missingNodes"] == ["node-3"]
        assert named(seen, "node-3")["status"] == "silent" and not named(seen, "node-3")["answers"]

        def ask():
            # Redis still counts it among those who might answer.
            began = time.monotonic()
            found = admin.get(f"admin/sockets?user={user}").json()
            took = time.monotonic() - began
            assert found["missingNodes"] == ["node-3"]
            assert [one["node"] for one in found["data"]] == NODES[:2]
            print(f"answered after {took * 1000:.0f} ms")

        ask()
        until(lambda: cluster.redis("EXISTS", "lm:node:node-3") == ":0\r\n", "its word in Redis has expired")
        assert view(cluster)["missingNodes"] == ["node-3"]
        ask()
    finally:
        cluster.cont(pids)
    for node in NODES:
        until(lambda node=node: not view(cluster, node)["missingNodes"], f"{node} has all the others back")
    for phone in phones:
        phone.disconnect()


def test_a_users_sockets_on_all_nodes_are_listed_page_by_page(scene, cluster):
    phones = [scene.phone(scene.customer, node) for node in NODES]
    polling = scene.phone(scene.customer, "node-2", transports=("polling",))
    scene.phone(scene.cluster.register("CUSTOMER"), "node-1")
    user = scene.customer.user["id"]
    api = cluster.login("admin", base=cluster.node_url("node-3"))
    found, cursor, pages = [], None, 0
    while True:
        answer = api.get("admin/sockets", params={"user": user, "limit": 3, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["missingNodes"] == []
        found += body["data"]
        pages += 1
        cursor = body["nextCursor"]
        if cursor is None:
            break
    assert pages == 2
    assert [one["id"] for one in found] == [phone.client.get_sid() for phone in (*phones, polling)]
    for one, node in zip(found, [*NODES, "node-2"]):
        assert one["node"] == node and one["user"] == user and one["role"] == "CUSTOMER"
        assert one["session"] and TIME.match(one["connectedAt"]) and one["address"] == "127.0.0.1"
        assert one["rooms"] == ["role:CUSTOMER", f"user:{user}"]
        assert one["ordersFollowed"] == 0 and one["queuedBytes"] >= 0
    assert [one["transport"] for one in found] == ["websocket"] * 3 + ["polling"]
    nobody = api.get("admin/sockets", params={"user": "01890000-0000-7000-8000-000000000000"}).json()
    assert nobody == {"data": [], "nextCursor": None, "missingNodes": []}


def test_without_redis_the_nodes_still_tell_of_themselves(make_cluster):
    cluster = make_cluster(nodes=2)
    cluster.up()
    cluster.healthy()
    view(cluster)
    stopped = cluster.stop("redis")
    try:
        def degraded():
            seen = view(cluster)
            nodes = [(one["redis"], one["status"]) for one in seen["nodes"]]
            is_so = nodes == [("down", "degraded")] * 2 and not seen["current"] and not seen["missingNodes"]
            return seen if is_so else None

        # Each node finds out by itself, and the report of membership later than the bus.
        seen = until(degraded, "both say that Redis is away, and reach each other")
        assert all(one["postgres"] == "up" for one in seen["nodes"])
    finally:
        cluster.cont(stopped)
