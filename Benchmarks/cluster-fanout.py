#!/usr/bin/env python3
"""Fan-out over two nodes through Redis: deliveries per second of the nodes' processor time, two of realtime-echo against two
of python-socketio with its Redis manager."""

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
        servers = {
            "lastmile": [peers.lastmile(REDIS_URL=url, NODE_NAME=f"bench-{number}") for number in (1, 2)],
            "python-socketio": [peers.python_socketio(REDIS_URL=url) for _ in (1, 2)],
        }
        if None in servers["python-socketio"]:
            return 1
        for flight, floor in CASES:
            _case(flight, floor, servers, redis, ratios, rates)
    return figures.report("cluster-fanout: two nodes, 100 rooms of 10, 64 bytes a message", ratios + rates)


def _case(flight, floor, servers, redis, ratios, rates):
    case = f"{flight} in flight a room"
    ratio = figures.Figure(f"{case}: realtime-echo / python-socketio", floor=floor)
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
                with Spent(*(pid for pid, _ in servers[name])) as nodes, Spent(redis) as between:
                    deliveries = loads[name].play(SECONDS)["operations"]
                each[name].add(deliveries / nodes.seconds)
                shares[name].add(between.seconds / nodes.seconds)
            ratio.add(each["lastmile"].values[-1] / each["python-socketio"].values[-1])
    ratios.append(ratio)
    rates.extend([*each.values(), *shares.values()])


if __name__ == "__main__":
    sys.exit(main())
