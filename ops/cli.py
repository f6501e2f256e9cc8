"""The command line: arguments in, exit status out."""

import argparse
import os
import signal
import sys

from ops.places import Home
from ops.say import Failure, error

HELP = """\
Lastmile: a realtime dispatch cluster for on-demand delivery.

  ./lastmile up [--detach] [--nodes N] [--port P] [--fresh]
        build and start everything: PostgreSQL, Redis, N nodes (3), Nginx on http://127.0.0.1:P (8080).
        On a running cluster: restart what a newer build, other settings, another N or P asks for.
        --detach returns when all is healthy; --fresh drops the data first.
  ./lastmile down                     stop everything, keep the data
  ./lastmile status [--json]          who runs where, and does it answer
  ./lastmile logs [PART] [-f]         node-1, postgres, redis, nginx, supervisor, build; -f follows
  ./lastmile replay [DIR] [--speed X] [--seed S] [--refuse 0.05] [--url U] [--json FILE]
        play a day of deliveries against the running cluster
  ./lastmile rollout                  build, then replace node after node while the others serve
  ./lastmile admin create EMAIL       make an account with role ADMIN
  ./lastmile bench [NAME] [--rounds N] [--json FILE]
        measure against Nginx, Node and pgbench: see docs/performance.md; FILE gets a line of JSON a benchmark
  ./lastmile test [--deep]            every test; --deep adds what takes longer
  ./lastmile help

Settings come from the environment, then from .env (see .env.example). Everything lives in .lastmile/,
or in the folder that LASTMILE_HOME names.
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(f"{message} (./lastmile help)", status=2)


def main(arguments):
    # A reader that has seen enough (`./lastmile logs | head`) is no error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        return _run(arguments)
    except Failure as problem:
        error(str(problem))
        return problem.status
    except KeyboardInterrupt:
        return 130


def _run(arguments):
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in ("help", "-h", "--help") or any(one in ("-h", "--help") for one in rest) and name != "replay":
        sys.stdout.write(HELP)
        return 0
    command = _COMMANDS.get(name)
    if command is None:
        raise Failure(f"there is no command {name} (./lastmile help)", status=2)
    return command(Home(), rest)


def _parser(name):
    return Parser(prog=f"lastmile {name}", add_help=False, allow_abbrev=False)


def _whole(low, high):
    def parse(text):
        if not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)
    return parse


def _up(home, rest):
    from ops import cluster, nodes
    parser = _parser("up")
    parser.add_argument("--detach", "-d", action="store_true")
    parser.add_argument("--nodes", type=_whole(1, nodes.MOST))
    parser.add_argument("--port", type=_whole(1, 65535))
    parser.add_argument("--fresh", action="store_true")
    given = parser.parse_args(rest)
    return cluster.up(home, given.detach, given.nodes, given.port, given.fresh)


def _down(home, rest):
    from ops import cluster
    _parser("down").parse_args(rest)
    return cluster.down(home)


def _rollout(home, rest):
    from ops import cluster
    _parser("rollout").parse_args(rest)
    return cluster.rollout(home)


def _status(home, rest):
    from ops import status
    parser = _parser("status")
    parser.add_argument("--json", action="store_true")
    return status.show(home, parser.parse_args(rest).json)


def _logs(home, rest):
    from ops import logs
    parser = _parser("logs")
    parser.add_argument("part", nargs="?")
    parser.add_argument("-f", "--follow", action="store_true")
    given = parser.parse_args(rest)
    logs.show(home, given.part, given.follow)
    return 0


def _replay(home, rest):
    from ops import tools
    return tools.replay(home, rest)


def _admin(home, rest):
    from ops import tools
    parser = _parser("admin")
    parser.add_argument("action", choices=["create"])
    parser.add_argument("email")
    given = parser.parse_args(rest)
    return tools.admin(home, [given.action, given.email])


def _bench(home, rest):
    from ops import bench
    parser = _parser("bench")
    parser.add_argument("name", nargs="?")
    parser.add_argument("--rounds", type=_whole(1, 99))
    parser.add_argument("--json")
    given = parser.parse_args(rest)
    return bench.run(home, given.name, given.rounds, given.json)


def _test(home, rest):
    from ops import testing
    parser = _parser("test")
    parser.add_argument("--deep", action="store_true")
    return testing.run(home, parser.parse_args(rest).deep)


def _supervise(home, rest):
    """Not for people: what `up` starts to stay."""
    from ops import supervisor
    os.umask(0o077)
    return supervisor.main(home, foreground=rest == ["foreground"])


_COMMANDS = {
    "up": _up, "down": _down, "status": _status, "logs": _logs, "replay": _replay, "rollout": _rollout,
    "admin": _admin, "bench": _bench, "test": _test, "_supervise": _supervise,
}
