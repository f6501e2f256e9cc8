"""Nodes that end hand their sockets over: in waves, so that there is no storm, and without losing an event."""

import json
import re

import pytest
import requests

from bustle import Bustle
from conftest import running
from crowd import Crowd
from harness import PATIENCE, until
from scene import Scene
from sockets import run

NODES = ("node-1", "node-2", "node-3")


def metric(cluster, node, name):
    text = requests.get(f"{cluster.node_url(node)}/metrics", timeout=10).text
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))


def drains(cluster):
    """What each node said of its drains: (sockets, milliseconds)."""
    found = []
    for node in NODES:
        for line in (cluster.home / "logs" / f"{node}.log").read_text(encoding="utf-8", errors="replace").splitlines():
            if '"node.drained"' in line:
                entry = json.loads(line)
                found.append((entry["sockets"], entry["milliseconds"]))
    return found


@pytest.mark.parametrize("size, rate, customers", [
    pytest.param(300, 40, 6, id="300"),
    pytest.param(5000, 250, 20, id="5000", marks=[pytest.mark.deep, pytest.mark.timeout(900)]),
])
def test_a_rolling_restart_moves_every_socket_without_a_storm_and_loses_no_event(request, size, rate, customers):
    with running(request, DRAIN_RATE=rate, DRAIN_SECONDS=30, DRIVER_SILENT_SECONDS=5) as cluster:
        scene = Scene(cluster)
        try:
            # Nobody is near: the orders stay open.
            scene.shop, scene.product
            bustle = Bustle(scene, customers, pause=0.05)
            tokens = [bustle.customers[at % customers].token for at in range(size)]
            crowd = Crowd(cluster.url, tokens)
            run(crowd.come(), PATIENCE * 3)
            arrived = len(crowd.handshakes)
            with bustle:
                before = {name: cluster.pid(name) for name in NODES}
                cluster.command("rollout")
                assert all(cluster.pid(name) != before[name] for name in NODES)
                until(lambda: crowd.connected == size, "everybody is back", PATIENCE * 3)
            assert bustle.changes and not bustle.problems, bustle.problems[:3]
            versions = bustle.versions()
            until(lambda: crowd.behind(versions) == 0 or crowd.faults, "everybody has seen everything", PATIENCE * 3)
            moved = drains(cluster)
            print(f"{size} sockets moved at {rate} a second: {moved} (sockets, ms); at most {crowd.peak(arrived)} handshakes"
                  f" in a second; {crowd.received} events received, {bustle.changes} changes, {crowd.refused} refused")
            assert crowd.faults == []
            assert crowd.refusals == []
            assert len(moved) == len(NODES) and sum(count for count, _ in moved) >= size
            for count, milliseconds in moved:
                # As slow as the setting wants it: the first wave goes at once.
                assert milliseconds >= (count / rate - 0.3) * 1000, moved
            run(crowd.go())
        finally:
            scene.close()
