#!/usr/bin/env python3
"""The 10 nearest free drivers among 100,000, asked through Store, against pgbench with the same statement over as many
connections: answers per second."""

import json
import subprocess
import sys

from support import figures
from support.ground import Ground, program

CLIENTS = 4
SECONDS = 3
DRIVERS = 100_000

#: As in NearestTests: most in two cities, half of all on duty, two of five of these full. The others stand anywhere.
CROWD = f"""
SELECT setseed(0.42);
INSERT INTO accounts (id, email, name, password_hash, role)
SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'd' || i, 'd', 'x', 'DRIVER'
FROM generate_series(1, {DRIVERS}) i;
INSERT INTO drivers (id, available, load)
SELECT id, random() < 0.5, (random() < 0.4)::int FROM accounts WHERE role = 'DRIVER';
CREATE TABLE spots AS SELECT id, random() AS r FROM drivers;
INSERT INTO driver_positions (driver_id, location, at, received_at)
SELECT id, place(
        CASE WHEN r < 0.6 THEN 48.80 + random() * 0.1 WHEN r < 0.9 THEN 65 + random() * 0.1 ELSE random() * 170 - 85 END,
        CASE WHEN r < 0.6 THEN 2.25 + random() * 0.2 WHEN r < 0.9 THEN 25 + random() * 0.3 ELSE random() * 360 - 180 END),
    now(), now() + interval '1 day'
FROM spots;
DROP TABLE spots;
ANALYZE;
"""

#: StoreBench asks for random places of the same box.
SCRIPT = """
\\set lat 48.80 + random(0, 1000000) * 0.0000001
\\set lng 2.25 + random(0, 1000000) * 0.0000002
SELECT * FROM nearest_free_drivers(:lat, :lng, 8000, 10, 3600, NULL);
"""


def main():
    with Ground() as ground:
        ground.start_postgres()
        environment = dict(ground.database(), CONNECTIONS=str(CLIENTS), CLIENTS=str(CLIENTS), SECONDS=str(SECONDS))
        subprocess.run([program("store-bench"), "migrate"], env=environment, check=True)
        figures.progress(f"{DRIVERS:,} drivers")
        ground.sql(CROWD)
        ratio = figures.Figure("Store / pgbench", floor=0.8)
        store = figures.Figure("Store: answers a second")
        pgbench = figures.Figure("pgbench: answers a second")
        for number in range(figures.rounds()):
            figures.progress(f"round {number + 1}")
            store.add(_through_store(environment))
            pgbench.add(ground.pgbench(SCRIPT, CLIENTS, seconds=SECONDS))
            ratio.add(store.values[-1] / pgbench.values[-1])
        return figures.report(f"nearest-drivers: 10 of {DRIVERS:,}, {CLIENTS} at once", [ratio, store, pgbench])


def _through_store(environment):
    text = subprocess.run([program("store-bench"), "nearest"], env=environment, check=True, capture_output=True,
                          text=True).stdout
    answer = json.loads(text)
    if answer["found"] != 10 * answer["asked"]:
        sys.exit(f"not every answer has ten drivers: {text}")
    return answer["asked"] / answer["seconds"]


if __name__ == "__main__":
    sys.exit(main())
