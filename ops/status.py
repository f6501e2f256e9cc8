"""Who runs, and does it answer."""

import json
from concurrent.futures import ThreadPoolExecutor

from ops import probes
from ops.say import dim, line, table
from ops.state import State


def gather(home):
    """The cluster's state as `status --json` gives it, and the supervisor's (None: none is alive)."""
    state = State.load(home)
    if not state.running():
        return {"url": None, "parts": []}, None
    parts = state.parts()
    with ThreadPoolExecutor(max_workers=max(len(parts), 1)) as pool:
        answers = list(pool.map(_judge, parts))
    return {"url": state.url, "parts": answers}, state.supervisor


def show(home, as_json):
    found, supervisor = gather(home)
    if as_json:
        line(json.dumps(found, indent=2))
        return 0
    if not found["parts"]:
        line("Nothing runs here. Start it with ./lastmile up")
        return 0
    line(f"Lastmile at {found['url']}")
    line()
    table([(part["name"], part["state"], part["pid"] or "-", part["address"], part["restarts"])
           for part in found["parts"]], head=("part", "state", "pid", "address", "restarts"))
    line()
    if supervisor is None:
        line("  No supervisor: nothing is started again when it dies. `./lastmile up` takes it over.")
    else:
        line(dim(f"  supervised by pid {supervisor.pid}"))
    return 0


def _judge(entry):
    """One part: its process first, then whether it answers."""
    part, identity, record = entry
    alive = identity is not None and identity.alive()
    if not alive:
        state = "restarting" if record["state"] == "restarting" else "stopped"
    elif record["state"] in ("stopping", "starting"):
        state = record["state"]
    else:
        # A node without PostgreSQL runs, though it is not ready for work.
        probe = dict(part.probe, path="/health/live") if part.kind == "node" else part.probe
        state = "running" if probes.ready(probe, identity.pid) else "unresponsive"
    answer = {
        "name": part.name, "kind": part.kind, "pid": identity.pid if alive else None, "address": part.address,
        "state": state, "restarts": record["restarts"],
    }
    if part.http_port is not None:
        answer["httpPort"] = part.http_port
    return answer
