"""Limits that hold for the cluster, not for each of its nodes."""

import re

import pytest
import requests

from conftest import running
from harness import until
from sockets import Phone, Refused


@pytest.fixture(scope="module")
def limited(request):
    with running(request, nodes=2, RATE_LIMITS="on", MAX_CONNECTIONS_PER_ACCOUNT=3) as cluster:
        cluster.healthy()
        yield cluster


def refused(cluster):
    texts = [requests.get(f"{cluster.node_url(node)}/metrics", timeout=30).text for node in ("node-1", "node-2")]
    name = "lastmile_connects_refused_by_account_total"
    return sum(float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1)) for text in texts)


def test_an_account_may_have_so_many_sockets_on_all_nodes_together(limited):
    token = limited.register("CUSTOMER").token
    phones = []

    def connect(node):
        phones.append(Phone(limited.api(token, limited.node_url(node))))
        try:
            phones[-1].connect()
        except Refused as refusal:
            phones.pop()
            assert refusal.code == "TOO_MANY_CONNECTIONS"
            return False
        return True

    try:
        # Nodes that have just begun to know one another do not count together yet.
        for node in ("node-1", "node-2"):
            admin = limited.login("admin", base=limited.node_url(node))

            def linked(admin=admin):
                view = admin.get("admin/cluster").json()
                return len(view["nodes"]) == 2 and view["missingNodes"] == []

            until(linked, f"{node} reaches the other")
        assert [connect(node) for node in ("node-1", "node-2", "node-1")] == [True, True, True]
        before = refused(limited)
        assert not connect("node-1") and not connect("node-2")
        assert refused(limited) == before + 2
        other = Phone(limited.api(limited.register("CUSTOMER").token, limited.node_url("node-2")))
        phones.append(other)
        other.connect()
        # A place that comes free on one node is free on the other.
        phones.pop(0).disconnect()
        until(lambda: connect("node-2"), "the place is taken")
        assert not connect("node-1")
        # Clients of a node that died come back at once.
        limited.kill("node-1")
        until(lambda: connect("node-2"), "the dead node's do not count")
    finally:
        for phone in phones:
            phone.disconnect()
