#!/usr/bin/env python3
"""Fan-out over two nodes through Redis: deliveries per second of the nodes' processor time, two of realtime-echo against two
of python-socketio with its Redis manager, and against two of realtime-echo that log each broadcast for recovery."""

import sys
from contextlib import ExitStack

from support import figures
from support.ground import Ground
from support.peers import Load, Peers
from support.processor import Spent

#: Seconds of a round's half, and of the one before the first, which is not counted.
SECONDS = 1.5
WARM = 0.5
#: A hundred rooms of ten members, five on each node.
SOCKETS = 1000
#: Publishes under way in each room, and how many times python-socketio's deliveries ours must be.
CASES = [(1, None), (8, 30)]


def main():
    ratios, rates = [], []
    with Ground() as ground:
        peers = Peers(ground)
        redis, url = peers.redis()
        # With one Redis they would be one cluster.
        logging_redis, logging_url = peers.another_redis("logging")
        servers = {
            "lastmile": [peers.lastmile(REDIS_URL=url, NODE_NAME=f"bench-{number}") for number in (1, 2)],
            "with recovery": [peers.lastmile(REDIS_URL=logging_url, NODE_NAME=f"logging-{number}", RECOVERY="on")
                              for number in (1, 2)],
            "python-socketio": [peers.python_socketio(REDIS_URL=url) for _ in (1, 2)],
        }
        if None in servers["python-socketio"]:
            return 1
        redises = {"lastmile": redis, "with recovery": logging_redis, "python-socketio": redis}
        for flight, floor in CASES:
            _case(flight, floor, servers, redises, ratios, rates)
    return figures.report("cluster-fanout: two nodes, 100 rooms of 10, 64 bytes a message", ratios + rates)


def _case(flight, floor, servers, redises, ratios, rates):
    case = f"{flight} in flight a room"
    ratio = figures.Figure(f"{case}: realtime-echo / python-socketio", floor=floor)
    logged = figures.Figure(f"{case}: with recovery / without")
    each = {name: figures.Figure(f"{case}: {name}: deliveries a processor second") for name in servers}
    shares = {name: figures.Figure(f"{case}: {name}: Redis' time for a second of the nodes'", "s") for name in servers}
    with ExitStack() as open_loads:
        loads = {}
        for name, ((_, first), (_, second)) in servers.items():
            figures.progress(f"{case}: {name}")
            loads[name] = open_loads.enter_context(
                Load(first, "rooms", second_port=second, sockets=SOCKETS, flight=flight))
            loads[name].play(WARM)
        for number in range(figures.rounds()):
            for name in sorted(servers, reverse=number % 2 == 1):
                with Spent(*(pid for pid, _ in servers[name])) as nodes, Spent(redises[name]) as between:
                    deliveries = loads[name].play(SECONDS)["operations"]
                each[name].add(deliveries / nodes.seconds)
                shares[name].add(between.seconds / nodes.seconds)
            ratio.add(each["lastmile"].values[-1] / each["python-socketio"].values[-1])
            logged.add(each["with recovery"].values[-1] / each["lastmile"].values[-1])
    ratios.extend([ratio, logged])
    rates.extend([*each.values(), *shares.values()])


if __name__ == "__main__":
    sys.exit(main())
