#!/usr/bin/env python3
"""Memory that the node holds for each of 10,000 idle sockets, each a customer's own: growth of its resident memory."""

import json
import resource
import subprocess
import sys
import time

from support import figures, people
from support.ground import DESCRIPTORS, Ground, program
from support.processor import Spent, resident

SOCKETS = 10_000
#: Sockets that come and go before the count: pools, caches and code that any first thousand would bring.
FIRST = 500
#: Idle, but long enough that every socket has been pinged once.
SETTLE = 4.0


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        print(f"skipped: {DESCRIPTORS} descriptors are needed, {hard} are allowed")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    each = figures.Figure("memory of a socket", "bytes", ceiling=3072)
    cost = figures.Figure("node: processor time a connected socket", "ms")
    for number in range(min(figures.rounds(), 2)):
        figures.progress(f"round {number + 1}")
        with Ground() as ground:
            ground.start_postgres()
            ground.start_redis()
            node = ground.start_node(PING_INTERVAL="2000")
            file = people.write(ground, people.make(ground, "CUSTOMER", SOCKETS, "c"), "customers")
            with Sockets(ground, file, FIRST):
                time.sleep(1)
            time.sleep(1)
            before = resident(node.pid)
            with Spent(node.pid) as spent:
                sockets = Sockets(ground, file, SOCKETS)
            with sockets:
                time.sleep(SETTLE)
                each.add((resident(node.pid) - before) / SOCKETS)
                cost.add(spent.seconds / SOCKETS * 1000)
    return figures.report(f"idle-sockets: {SOCKETS:,} customers connected over WebSocket", [each, cost])


class Sockets:
    """lastmile-load holding sockets open."""

    def __init__(self, ground, file, count):
        self.process = subprocess.Popen(
            [program("lastmile-load"), "idle", "--port", str(ground.port), "--people", file, "--sockets", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line or json.loads(line)["ready"] != count:
            sys.exit(f"lastmile-load: {line}\n{ground.tail()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        line = self.process.stdout.readline()
        self.process.wait()
        if not line or json.loads(line)["lost"]:
            print(f"  sockets did not stay: {line}")


if __name__ == "__main__":
    sys.exit(main())
