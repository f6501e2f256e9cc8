"""A day of deliveries is played while parts of the cluster die under it: every order ends, and no client misses anything."""

import json
import os
import random
import signal
import subprocess
import threading

import pytest

from harness import PATIENCE, ROOT, until

#: Simulated minutes in a real second, times 60: a simulated hour takes 20 s.
SPEED = 180
MINUTES = 100


@pytest.fixture
def day(tmp_path):
    """A small day in the Grubhub instances' format: 40 orders of 6 restaurants, 10 couriers."""
    chance = random.Random(7)

    def place():
        return f"{chance.randrange(4000)}\t{chance.randrange(4000)}"

    def write(name, heading, rows):
        (tmp_path / name).write_text("\n".join([heading, *rows]) + "\n", encoding="ascii")

    write("restaurants.txt", "restaurant\tx\ty", [f"r{n}\t{place()}" for n in range(1, 7)])
    write("couriers.txt", "courier\tx\ty\ton_time\toff_time", [f"c{n}\t{place()}\t0\t{MINUTES + 60}" for n in range(1, 11)])
    orders = []
    for n in range(1, 41):
        placed = chance.randrange(5, MINUTES - 20)
        orders.append(f"o{n}\t{place()}\t{placed}\tr{chance.randrange(1, 7)}\t{placed + chance.randrange(5, 15)}")
    write("orders.txt", "order\tx\ty\tplacement_time\trestaurant\tready_time", orders)
    write("instance_parameters.txt",
          "meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget click-to-door\t"
          "maximum click-to-door\tpay per order\tguaranteed pay per hour", ["320\t4\t4\t40\t90\t10\t15"])
    return tmp_path


def placed(cluster, since):
    return cluster.psql("SELECT count(*) FROM orders")[0][0] - since


def kill_a_node(cluster):
    cluster.restarted("node-2", cluster.kill("node-2"))


def wipe_redis(cluster):
    """Killed, away until the others went on without it, and back empty."""
    supervisor = cluster.supervisor()
    was = cluster.pid("redis")
    cluster.redis("CONFIG", "SET", "save", "")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(was, signal.SIGKILL)
        before = placed(cluster, 0)
        until(lambda: placed(cluster, before) >= 3, "orders are placed without Redis")
    finally:
        os.kill(supervisor, signal.SIGCONT)
    cluster.restarted("redis", was)


def restart_postgres(cluster):
    cluster.restarted("postgres", cluster.kill("postgres"))


def everything(cluster):
    for fault in (kill_a_node, wipe_redis, restart_postgres):
        fault(cluster)


@pytest.mark.parametrize("fault", [everything, *(
    pytest.param(fault, marks=pytest.mark.deep) for fault in (kill_a_node, wipe_redis, restart_postgres))])
def test_a_day_goes_on_while_parts_die(cluster, day, tmp_path, fault):
    before = placed(cluster, 0)
    report = tmp_path / "report.json"
    with subprocess.Popen(
            [str(ROOT / "lastmile"), "replay", str(day), "--speed", str(SPEED), "--seed", "1", "--json", str(report)],
            env=cluster.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True) as process:
        said = []
        reading = threading.Thread(target=lambda: said.extend(process.stdout))
        reading.start()
        try:
            until(lambda: placed(cluster, before) >= 8 or process.poll() is not None, "the day has begun")
            fault(cluster)
            process.wait(240)
        finally:
            process.kill()
            reading.join(PATIENCE)
    text = "".join(said)[-4000:]
    assert process.returncode == 0, text
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["orders"]["placed"] == 40, text
    assert found["orders"]["delivered"] + found["orders"]["cancelled"] + found["orders"]["unassigned"] == 40, text
    events = found["events"]
    assert (events["lost"], events["doubled"], events["outOfOrder"]) == (0, 0, 0), text
    assert events["received"] == events["expected"] > 0, text
