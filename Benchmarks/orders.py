#!/usr/bin/env python3
"""POST /api/v1/orders on one node against pgbench calling the same function with the same arguments, each in a transaction
of its own on the same server: orders per second, equal clients. The node does more than the transaction: it checks the
token and the body, publishes the events, and matches each order (nobody is on duty: it finds no driver)."""

import json
import re
import subprocess
import sys

from support import figures, people
from support.ground import Ground
from support.processor import Spent

CLIENTS = 32
SECONDS = 4
CUSTOMERS = 200
PRODUCTS = 4

#: A merchant with a few products, one of which counts its stock.
SHOP = f"""
INSERT INTO merchants (id, name, kind, location, currency)
VALUES ('{people.identifier("e", 1)}', 'Bench', 'RESTAURANT', place(48.8566, 2.3522), 'EUR');
INSERT INTO products (id, merchant_id, name, price, currency, stock)
SELECT {people.sql_identifier("f")}, '{people.identifier("e", 1)}', 'Product ' || i, 100 * i, 'EUR', NULL
FROM generate_series(1, {PRODUCTS}) i;
ANALYZE;
"""

#: Before each half of a round: the node would go on to look for drivers for the orders of the half before, pgbench's too.
SETTLED = "UPDATE matchings SET wake_at = NULL WHERE wake_at IS NOT NULL"

#: The statement that the node prepares, its 20 arguments as the node sends them for the body below.
SCRIPT = f"""
\\set customer random(1, {CUSTOMERS})
SELECT * FROM place_order(uuid_v7(), 'BENCH1', {people.sql_identifier("c", "(:customer)::int")},
    '{people.identifier("e", 1)}', ARRAY['{people.identifier("f", 1)}', '{people.identifier("f", 2)}']::uuid[],
    ARRAY[1, 2], 48.86, 2.36, '1 Rue de Rivoli', NULL, NULL, 'CASH', 'DELIVERY', NULL, NULL, 'bench-correlation',
    '/api/v1/orders/0193cccc-0000-7000-8000-000000000001', 'POST /api/v1/orders', NULL, NULL);
"""

BODY = json.dumps({
    "merchantId": people.identifier("e", 1),
    "items": [{"productId": people.identifier("f", 1), "quantity": 1},
              {"productId": people.identifier("f", 2), "quantity": 2}],
    "dropoff": {"lat": 48.86, "lng": 2.36, "address": "1 Rue de Rivoli"}})

#: Each request with another customer's token.
WRK = """\
local tokens = {{}}
for line in io.lines("{tokens}") do tokens[#tokens + 1] = line end
local n = 0
wrk.method = "POST"
wrk.body = [[{body}]]
request = function()
  n = n % #tokens + 1
  return wrk.format(nil, nil, {{["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. tokens[n]}})
end
"""


def main():
    with Ground() as ground:
        server = ground.start_postgres()
        ground.start_redis()
        node = ground.start_node()
        customers = people.make(ground, "CUSTOMER", CUSTOMERS, "c")
        ground.sql(SHOP)
        tokens = ground.folder / "tokens"
        tokens.write_text("".join(f"{held}\n" for _, held in customers))
        script = ground.folder / "orders.lua"
        script.write_text(WRK.format(tokens=tokens, body=BODY))
        # Both sides once before the clock runs: sessions are cached, statements prepared, pages in memory.
        _post(ground, script, 2)
        ground.pgbench(SCRIPT, CLIENTS, seconds=1)

        ratio = figures.Figure("node / pgbench", floor=0.6)
        orders = figures.Figure("node: orders a second")
        pgbench = figures.Figure("pgbench: orders a second")
        node_cost = figures.Figure("node: its own processor time an order", "ms")
        server_cost = figures.Figure("node: PostgreSQL's processor time an order", "ms")
        pgbench_cost = figures.Figure("pgbench: PostgreSQL's processor time an order", "ms")
        for number in range(figures.rounds()):
            figures.progress(f"round {number + 1}")
            ground.sql(SETTLED)
            with Spent(node.pid) as own, Spent(server.pid, children=True) as database:
                count, wall = _post(ground, script, SECONDS)
            orders.add(count / wall)
            node_cost.add(own.seconds / count * 1000)
            server_cost.add(database.seconds / count * 1000)
            ground.sql(SETTLED)
            with Spent(server.pid, children=True) as database:
                rate = ground.pgbench(SCRIPT, CLIENTS, seconds=SECONDS)
            pgbench.add(rate)
            pgbench_cost.add(database.seconds / (rate * SECONDS) * 1000)
            ratio.add(orders.values[-1] / pgbench.values[-1])
        return figures.report(f"orders: POST /api/v1/orders, {CLIENTS} clients",
                              [ratio, orders, pgbench, node_cost, server_cost, pgbench_cost])


def _post(ground, script, seconds):
    """(orders placed, seconds), counted in the table."""
    before = int(ground.sql("SELECT count(*) FROM orders"))
    text = subprocess.run(
        ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(script),
         f"http://127.0.0.1:{ground.port}/api/v1/orders"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk met errors:\n{text}\n{ground.tail()}")
    placed = int(ground.sql("SELECT count(*) FROM orders")) - before
    return placed, float(re.search(r"requests in ([\d.]+)s", text).group(1))


if __name__ == "__main__":
    sys.exit(main())
