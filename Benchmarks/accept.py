#!/usr/bin/env python3
"""offer_accept to its ack on one node that does nothing else, against one Redis round trip and accept_offer() by pgbench:
milliseconds, the median of each round."""

import glob
import json
import select
import statistics
import subprocess
import sys
import time

from support import figures, people
from support.ground import Ground, program

OFFERS = 60
PATIENCE = 15.0
SHOP = f"""
INSERT INTO merchants (id, name, kind, location, currency)
VALUES ('{people.identifier("e", 1)}', 'Bench', 'RESTAURANT', place(48.8566, 2.3522), 'EUR');
INSERT INTO products (id, merchant_id, name, price, currency)
VALUES ('{people.identifier("f", 1)}', '{people.identifier("e", 1)}', 'Product', 100, 'EUR');
"""

#: Orders with one open offer each, to a driver who has no other: what the node has when it accepts, made beforehand.
OPEN = """
INSERT INTO orders (id, short_code, customer_id, merchant_id, status, version, fulfilment, payment, total, currency,
    pickup, dropoff, created_at, updated_at)
SELECT {order}, 'BENCH1', '{customer}', '{merchant}', 'MATCHING', 2, 'DELIVERY', 'CASH', 100, 'EUR',
    place(48.8566, 2.3522), place(48.86, 2.36), now(), now() FROM generate_series({first}, {last}) i;
INSERT INTO order_items (order_id, line, product_id, name, quantity, unit_price, reserved)
SELECT {order}, 1, '{product}', 'Product', 1, 100, false FROM generate_series({first}, {last}) i;
INSERT INTO order_events (order_id, seq, type, status, at, actor_kind, customer_id, merchant_id)
SELECT {order}, seq, 'order.matching', 'MATCHING', now(), 'SYSTEM', '{customer}', '{merchant}'
FROM generate_series({first}, {last}) i, generate_series(1, 2) seq;
INSERT INTO matchings (order_id, wake_at, step) SELECT {order}, now() + interval '1 hour', 1
FROM generate_series({first}, {last}) i;
INSERT INTO offers (id, order_id, driver_id, round, order_version, distance_meters, payout, currency, expires_at)
SELECT {offer}, {order}, {driver}, 1, 2, 100, 300, 'EUR', now() + interval '1 hour' FROM generate_series({first}, {last}) i;
ANALYZE;
"""
ACCEPT = f"""
\\set i :i + 1
SELECT * FROM accept_offer({people.sql_identifier("a", "(:i)::int")}, {people.sql_identifier("d", "(:i)::int")},
    {people.sql_identifier("b", "(:i)::int")}, 'bench-correlation');
"""


def main():
    with Ground() as ground:
        ground.start_postgres()
        ground.start_redis()
        ground.start_node()
        rounds = figures.rounds()
        customer = people.make(ground, "CUSTOMER", 1, "c")[0]
        drivers = people.make(ground, "DRIVER", OFFERS * rounds, "d")
        driver = people.make(ground, "DRIVER", 1, "9")
        ground.sql(f"UPDATE drivers SET available = true WHERE id <> '{driver[0][0]}'")
        ground.sql(SHOP)
        ratio = figures.Figure("node / (Redis + pgbench)", ceiling=2)
        acks = figures.Figure("node: offer_accept to its ack", "ms")
        redis = figures.Figure("Redis: one round trip", "ms")
        pgbench = figures.Figure("pgbench: accept_offer()", "ms")
        with Driver(ground, people.write(ground, driver, "driver")) as taker:
            taker.accept(customer[1], 10)
            for number in range(rounds):
                figures.progress(f"round {number + 1}")
                acks.add(taker.accept(customer[1], OFFERS))
                redis.add(_redis(ground))
                pgbench.add(_pgbench(ground, number * OFFERS, customer[0]))
                ratio.add(acks.values[-1] / (redis.values[-1] + pgbench.values[-1]))
        return figures.report(f"accept: offer_accept, {OFFERS} a round, one after the other, p50 ({len(drivers)} by pgbench)",
                              [ratio, acks, redis, pgbench])


class Driver:
    """lastmile-load as one driver, who accepts what is offered."""

    def __init__(self, ground, file):
        self.ground = ground
        self.process = subprocess.Popen(
            [program("lastmile-load"), "accept", "--port", str(ground.port), "--people", file],
            stdout=subprocess.PIPE, text=True)
        self._next("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def accept(self, token, count):
        """The median of `count` acks, in milliseconds; each order is placed when the one before is delivered."""
        taken = []
        for _ in range(count):
            status, answer = self.ground.request("POST", "/api/v1/orders", {
                "merchantId": people.identifier("e", 1), "items": [{"productId": people.identifier("f", 1), "quantity": 1}],
                "dropoff": {"lat": 48.86, "lng": 2.36}}, token)
            if status != 202:
                sys.exit(f"POST /api/v1/orders: {status} {answer}")
            taken.append(self._next("milliseconds"))
            self._next("free")
        return statistics.median(taken)

    def _next(self, name):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not select.select([self.process.stdout], [], [], 0.5)[0]:
                continue
            line = self.process.stdout.readline()
            if not line:
                break
            value = json.loads(line)
            if name in value:
                return value[name]
        sys.exit(f"the driver waited in vain for: {name}\n{self.ground.tail()}")


def _redis(ground):
    """The median of single round trips over the same unix socket that the node uses, in milliseconds."""
    import socket
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(ground.redis.socket))
        taken = []
        for _ in range(1000):
            began = time.perf_counter()
            link.sendall(b"*1\r\n$4\r\nPING\r\n")
            link.recv(64)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def _pgbench(ground, before, customer):
    """The median of `OFFERS` accepts by one client, in milliseconds; the first are number `before` + 1 and on."""
    ground.sql(OPEN.format(
        order=people.sql_identifier("a"), offer=people.sql_identifier("b"), driver=people.sql_identifier("d"),
        customer=customer, merchant=people.identifier("e", 1), product=people.identifier("f", 1),
        first=before + 1, last=before + OFFERS))
    prefix = str(ground.folder / f"accept-{before}")
    ground.pgbench(ACCEPT, 1, transactions=OFFERS, log=prefix, variables={"i": before})
    won = ground.sql(f"SELECT count(*) FROM orders WHERE status = 'ACCEPTED' AND id >= '{people.identifier('a', before + 1)}'"
                     f" AND id <= '{people.identifier('a', before + OFFERS)}'")
    if int(won) != OFFERS:
        sys.exit(f"pgbench won {won} of {OFFERS} offers")
    # client, transaction, microseconds, script, seconds, microseconds
    taken = [int(line.split()[2]) for path in glob.glob(f"{prefix}.*") for line in open(path, encoding="ascii")]
    return statistics.median(taken) / 1000


if __name__ == "__main__":
    sys.exit(main())
