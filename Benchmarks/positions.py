#!/usr/bin/env python3
"""Positions of distinct drivers taken by socket, acknowledged, and read back from the table, against pgbench updating one
driver's row in each transaction, as many clients on each side and one request of each under way: positions per second."""

import json
import subprocess
import sys

from support import figures, people
from support.ground import Ground, program
from support.processor import Spent

DRIVERS = 100
SECONDS = 4

SCRIPT = f"""
\\set driver random(1, {DRIVERS})
\\set lat 48.80 + random(0, 100000) * 0.000001
UPDATE driver_positions SET location = place(:lat, 2.35), heading = 90, speed = 5, at = clock_timestamp(),
    received_at = clock_timestamp(), node = 'node-1' WHERE driver_id = {people.sql_identifier("d", "(:driver)::int")};
"""


def main():
    with Ground() as ground:
        server = ground.start_postgres()
        ground.start_redis()
        node = ground.start_node()
        drivers = people.make(ground, "DRIVER", DRIVERS, "d")
        file = people.write(ground, drivers, "drivers")
        _send(ground, file, 1)
        ratio = figures.Figure("node / pgbench", floor=2)
        taken = figures.Figure("node: positions a second")
        updates = figures.Figure("pgbench: updates a second")
        own_cost = figures.Figure("node: its own processor time a position", "ms")
        database_cost = figures.Figure("node: PostgreSQL's processor time a position", "ms")
        update_cost = figures.Figure("pgbench: PostgreSQL's processor time an update", "ms")
        for number in range(figures.rounds()):
            figures.progress(f"round {number + 1}")
            with Spent(node.pid) as own, Spent(server.pid, children=True) as database:
                count, seconds = _send(ground, file, SECONDS)
            taken.add(count / seconds)
            own_cost.add(own.seconds / count * 1000)
            database_cost.add(database.seconds / count * 1000)
            with Spent(server.pid, children=True) as database:
                updates.add(ground.pgbench(SCRIPT, DRIVERS, seconds=SECONDS))
            update_cost.add(database.seconds / (updates.values[-1] * SECONDS) * 1000)
            ratio.add(taken.values[-1] / updates.values[-1])
        return figures.report(f"positions: location_update of {DRIVERS} drivers",
                              [ratio, taken, updates, own_cost, database_cost, update_cost])


def _send(ground, file, seconds):
    """(positions acknowledged, seconds); what the table has at the end must be the last that each was told is taken."""
    lines = subprocess.run(
        [program("lastmile-load"), "positions", "--port", str(ground.port), "--people", file, "--seconds", str(seconds)],
        capture_output=True, text=True, check=False)
    if lines.returncode != 0:
        sys.exit(f"lastmile-load: {lines.stderr}\n{ground.tail()}")
    total, *last = map(json.loads, lines.stdout.splitlines())
    if total["refused"]:
        sys.exit(f"{total['refused']} positions were refused: {lines.stderr}")
    held = dict(row.split("|") for row in ground.sql(
        "SELECT driver_id, ST_Y(location) FROM driver_positions").splitlines())
    for driver in last:
        if abs(float(held[driver["id"]]) - driver["lat"]) > 1e-9:
            sys.exit(f"the table has {held[driver['id']]} of {driver['id']}, acknowledged was {driver['lat']}")
    return total["acknowledged"], total["seconds"]


if __name__ == "__main__":
    sys.exit(main())
