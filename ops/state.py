"""What the supervisor has written about the cluster: who runs, as which process, in which state."""

from ops import files
from ops.part import Part
from ops.processes import Identity


class State:
    def __init__(self, value=None):
        self.value = value or {}

    @classmethod
    def load(cls, home):
        return cls(files.read_json(home.state))

    @property
    def supervisor(self):
        """The supervisor that is alive, or None."""
        identity = Identity.load(self.value.get("supervisor"))
        return identity if identity is not None and identity.alive() else None

    @property
    def detached(self):
        return self.value.get("detached", False)

    @property
    def code(self):
        return self.value.get("code")

    @property
    def phase(self):
        return self.value.get("phase", "stopped")

    @property
    def activity(self):
        return self.value.get("activity", "")

    @property
    def error(self):
        return self.value.get("error")

    @property
    def generation(self):
        """The last request that was carried out, or failed."""
        return self.value.get("generation", 0)

    @property
    def url(self):
        """The door, or None where Nginx never got so far."""
        for part, _, _ in self.parts():
            if part.kind == "nginx":
                return f"http://{part.address}"
        return None

    @property
    def port(self):
        return int(self.url.rpartition(":")[2]) if self.url else None

    @property
    def records(self):
        return self.value.get("parts", [])

    def parts(self):
        """(part, identity or None, record) of every part."""
        return [(Part.from_json(record["part"]), Identity.load(record.get("process")), record)
                for record in self.records]

    def alive(self):
        """Those whose process lives, with a supervisor or without."""
        return [(part, identity) for part, identity, _ in self.parts() if identity is not None and identity.alive()]

    def running(self):
        return self.supervisor is not None or bool(self.alive())
