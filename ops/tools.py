"""Commands that hand over to the cluster's own programs."""

import os

from ops import build
from ops.say import Failure, Step
from ops.state import State


def replay(home, arguments):
    """Becomes lastmile-replay, with the running cluster's door unless --url names another."""
    given = any(one == "--url" or one.startswith("--url=") for one in arguments)
    state = State.load(home)
    asks = any(one in ("-h", "--help") for one in arguments)
    if not given and not asks:
        if not state.running() or state.url is None:
            raise Failure("nothing runs here to play against: ./lastmile up first, or name a cluster with --url")
        arguments = [*arguments, "--url", state.url]
    program = build.binary("lastmile-replay")
    if not program.exists():
        home.create()
        build.release(Step("build"), home.log("build"))
    os.execv(program, [str(program), *arguments])


def admin(home, arguments):
    """Becomes `lastmile-node admin …` with the settings of the running nodes."""
    for part, identity, _ in State.load(home).parts():
        if part.kind == "node" and identity is not None:
            environment = dict(part.environment)
            for name in ("LASTMILE_ADMIN_PASSWORD", "TERM"):
                if name in os.environ:
                    environment[name] = os.environ[name]
            os.execve(part.arguments[0], [part.arguments[0], "admin", *arguments], environment)
    raise Failure("nothing runs here; start it with ./lastmile up")
