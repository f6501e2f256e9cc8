"""What one part of the cluster is: how it is started, asked whether it is ready, and stopped."""

import hashlib
import json
from dataclasses import asdict, dataclass, field


@dataclass
class Part:
    name: str
    kind: str
    address: str
    arguments: list
    environment: dict
    cwd: str
    log: str
    #: How to ask whether it serves: see probes.py.
    probe: dict
    #: Signal that asks it to end, and seconds until it is made to.
    stop_signal: int
    patience: float
    #: Account it runs under, None for the caller's own.
    account: str = None
    #: A folder that its account may not be able to walk to, held open for it: `{folder}` in the arguments.
    folder: str = None
    http_port: int = None
    #: Digests of files that it reads at its start: a change means a restart.
    content: dict = field(default_factory=dict)
    #: Digest of files that it takes in by SIGHUP: a change means a reload.
    reloadable: str = None

    def fingerprint(self):
        """Changes when a running process of this part no longer is what is asked for."""
        facts = asdict(self)
        for name in ("reloadable", "stop_signal", "patience", "probe", "log"):
            facts.pop(name)
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def to_json(self):
        return asdict(self)

    @classmethod
    def from_json(cls, value):
        return cls(**value)


def digest(*texts):
    """One digest of several texts or byte strings."""
    total = hashlib.sha256()
    for text in texts:
        data = text if isinstance(text, bytes) else text.encode()
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()
