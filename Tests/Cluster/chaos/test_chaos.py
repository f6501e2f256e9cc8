"""Nodes are killed, paused, drained and cut off, Redis dies and fills up, clients vanish, stall and storm: no session is
lost a message, given one twice or out of order without being told that it begins anew. `CHAOS_SEED` repeats a run's faults,
`CHAOS_SECONDS` sets how long the deep one takes at least, `CHAOS_GAP` the seconds between its faults, `CHAOS_WITHOUT` names
faults that it does without."""

import asyncio
import os
import random

import pytest

import ground
from arena import Arena
from conftest import KEPT

#: Milliseconds. Short, so that what is gone is found soon; a client that is thought dead only comes back.
HEARTBEAT = {"PING_INTERVAL": 2000, "PING_TIMEOUT": 4000}
#: Deliveries that the deep run checks at least.
DEEP_DELIVERIES = 1_000_000
#: Seconds between the beginnings of two faults, about.
GAP = 4.0


def play(capsys, script, **options):
    """Runs `script(arena)` on a cluster of its own; returns the arena when nothing was wrong."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 30))

    def tell(text):
        with capsys.disabled():
            print(text, flush=True)

    tell(f"\nseed {seed}")
    made = ground.start(**HEARTBEAT)
    try:
        async def run():
            arena = Arena(made, seed, tell=tell, **options)
            await arena.begin()
            await script(arena)
            await arena.end()
            return arena

        arena = asyncio.run(run())
        tell(arena.report())
        wrong = arena.verdict()
        if wrong:
            made.keep_logs(KEPT)
        assert not wrong, "\n".join([arena.report(), *map(str, wrong), *arena.details()])
        return arena
    finally:
        made.stop()


def test_a_killed_node_a_cut_link_and_clients_that_vanish_or_storm_cost_no_session_a_message(capsys):
    async def script(arena):
        for kind in ("kill", "vanish", "reset", "storm"):
            await arena.faults.one(kind)
            await asyncio.sleep(0.5)

    arena = play(capsys, script, receivers=60, publishers=4, rooms=8, rate=60.0)
    assert arena.checker.deliveries > 1000
    assert arena.checker.recovered


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_a_million_messages_through_everything_that_can_break(capsys):
    async def script(arena):
        least = arena.now() + float(os.environ.get("CHAOS_SECONDS", 0))
        await arena.faults.run(
            lambda: arena.checker.deliveries >= DEEP_DELIVERIES and arena.now() >= least,
            float(os.environ.get("CHAOS_GAP", GAP)))

    arena = play(capsys, script, receivers=400, publishers=10, rooms=40, rate=250.0)
    assert arena.checker.deliveries >= DEEP_DELIVERIES
