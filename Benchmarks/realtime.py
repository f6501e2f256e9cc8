#!/usr/bin/env python3
"""realtime-echo against uWebSockets: operations per second of the server's processor time, latency of a delivery, memory
of an idle socket. python-socketio on uvicorn beside them for scale."""

import resource
import sys
import time
from contextlib import ExitStack

from support import figures
from support.ground import DESCRIPTORS, Ground
from support.peers import Load, Peers
from support.processor import Spent, resident

#: Seconds of a round's half, and of the one before the first, which is not counted.
SECONDS = 1.5
WARM = 0.3
#: What is counted per second of processor time: name, floor as a multiple of uWebSockets, mode of lastmile-load, options.
CASES = [
    ("echo, 100 sockets, 1 in flight", 0.95, "echo", {"sockets": 100, "flight": 1}),
    ("echo, 100 sockets, 16 in flight", 0.9, "echo", {"sockets": 100, "flight": 16}),
    ("fan-out to 1,000, 1 in flight", 1.0, "fanout", {"sockets": 1000, "flight": 1}),
    ("fan-out to 1,000, 8 in flight", 1.0, "fanout", {"sockets": 1000, "flight": 8}),
    ("handshakes with CONNECT", 0.5, "handshakes", {"flight": 32}),
]
#: A room of 100 that is published to 100 times a second.
DELIVERY = {"sockets": 100, "rate": 10_000}
SOCKETS = 10_000
#: Sockets that come and go before memory is counted: pools and tables that any first ones would bring.
FIRST = 500
#: Every idle socket has been pinged once by then.
PING_INTERVAL = 2000
SETTLE = 4.0


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard == resource.RLIM_INFINITY or hard >= DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS if enough else hard, hard))
    ratios, rates, notes = [], [], []
    with Ground() as ground:
        peers = Peers(ground)
        servers = {"lastmile": peers.lastmile(), "uWebSockets": peers.uwebsockets()}
        if servers["uWebSockets"] is None:
            return 1
        for name, floor, mode, options in CASES:
            _case(name, floor, mode, options, servers, ratios, rates)
        ratios.append(_delivery(servers, rates))
        _python(peers, rates)
        if enough:
            ratios.append(_memory(peers, rates))
        else:
            notes.append(f"memory left out: {DESCRIPTORS} descriptors are needed, {hard} are allowed")
    return figures.report("realtime: realtime-echo / uWebSockets, 64 bytes a message", ratios + rates, notes)


def _case(name, floor, mode, options, servers, ratios, rates):
    figures.progress(name)
    ratio = figures.Figure(name, floor=floor)
    each = {server: figures.Figure(f"  {server}: a processor second") for server in servers}
    with ExitStack() as open_loads:
        loads = {server: open_loads.enter_context(Load(port, mode, **options)) for server, (_, port) in servers.items()}
        for load in loads.values():
            load.play(WARM)
        for number in range(figures.rounds()):
            for server in sorted(servers, reverse=number % 2 == 1):
                each[server].add(_per_second(servers[server][0], loads[server]))
            ratio.add(each["lastmile"].values[-1] / each["uWebSockets"].values[-1])
    ratios.append(ratio)
    for figure in each.values():
        figure.name = f"{name}: {figure.name.strip()}"
        rates.append(figure)


def _per_second(pid, load):
    with Spent(pid) as spent:
        operations = load.play(SECONDS)["operations"]
    return operations / spent.seconds


def _delivery(servers, rates):
    figures.progress("latency of a delivery")
    above = figures.Figure("p99 of a delivery above uWebSockets'", "ms", ceiling=1.0)
    each = {server: figures.Figure(f"p99 of a delivery at {DELIVERY['rate']:,}/s: {server}", "ms") for server in servers}
    with ExitStack() as open_loads:
        loads = {server: open_loads.enter_context(Load(port, "delivery", **DELIVERY))
                 for server, (_, port) in servers.items()}
        for load in loads.values():
            load.play(WARM)
        for number in range(figures.rounds()):
            for server in sorted(servers, reverse=number % 2 == 1):
                each[server].add(loads[server].play(SECONDS)["p99"])
            above.add(each["lastmile"].values[-1] - each["uWebSockets"].values[-1])
    rates.extend(each.values())
    return above


def _python(peers, rates):
    server = peers.python_socketio()
    if server is None:
        return
    for name, _, mode, options in CASES:
        if options["flight"] not in (1, 32):
            continue
        figures.progress(f"python-socketio, {name}")
        figure = figures.Figure(f"{name}: python-socketio: a processor second")
        with Load(server[1], mode, **options) as load:
            load.play(WARM)
            figure.add(_per_second(server[0], load))
        rates.append(figure)


def _memory(peers, rates):
    figures.progress("memory of idle sockets")
    each = {}
    for name, (pid, port) in {"lastmile": peers.lastmile(PING_INTERVAL=str(PING_INTERVAL)),
                              "uWebSockets": peers.uwebsockets()}.items():
        each[name] = figures.Figure(f"memory of an idle socket: {name}", "bytes")
        with Load(port, "connections", sockets=FIRST):
            time.sleep(1)
        time.sleep(1)
        before = resident(pid)
        with Load(port, "connections", sockets=SOCKETS):
            time.sleep(SETTLE)
            each[name].add((resident(pid) - before) / SOCKETS)
    each["lastmile"].ceiling = 1536
    rates.append(each["uWebSockets"])
    return each["lastmile"]


if __name__ == "__main__":
    sys.exit(main())
