"""The nodes: N processes of lastmile-node on loopback ports."""

import signal

from ops import settings
from ops.part import Part
from ops.say import Failure

#: More is no use on one machine: a node is one thread.
MOST = 64
#: Seconds a node gets beyond DRAIN_SECONDS to end by itself: 3 for clients that poll to fetch their last answer, 5 for
#: requests that are under way, the rest for closing what is open.
STOP_SLACK = 12.0
DRAIN_DEFAULT = 10.0


def names(count):
    return [f"node-{number}" for number in range(1, count + 1)]


def environment(home, common, postgres, redis):
    """What all nodes share: settings and where the cluster's servers are."""
    values = settings.surroundings()
    values.update(common)
    values.update({
        "HOST": "127.0.0.1", "DB_HOST": str(postgres.sockets), "DB_PORT": "5432", "DB_USERNAME": "lastmile",
        "DB_NAME": "lastmile", "REDIS_URL": f"unix://{redis.socket}",
    })
    values.setdefault("TRUSTED_PROXIES", "127.0.0.1")
    return values


def patience(values):
    text = values.get("DRAIN_SECONDS", "")
    try:
        return float(text or DRAIN_DEFAULT) + STOP_SLACK
    except ValueError:
        raise Failure(f"DRAIN_SECONDS is not a number: {text}") from None


def describe(home, ports, shared, binary, epoch):
    """The nodes' parts. `epoch` changes with --fresh: a node must not meet a database it has not migrated. They work in
    the cluster's folder: in the clone they would read .env a second time, with what is not meant for them."""
    parts = []
    for name, port in ports.items():
        parts.append(Part(
            name=name, kind="node", address=f"127.0.0.1:{port}", http_port=port, arguments=[str(binary)],
            environment=dict(shared, NODE_ID=name, PORT=str(port)), cwd=str(home.path), log=str(home.log(name)),
            probe={"type": "http", "port": port, "path": "/health/ready", "statuses": [200]},
            stop_signal=int(signal.SIGTERM), patience=patience(shared), content={"epoch": epoch}))
    return parts
