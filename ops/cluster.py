"""The cluster as a whole: up, rollout, down."""

import os
import shutil
import signal
import subprocess
import sys
import time

from ops import build, files, nodes, ports, prerequisites, processes, settings, supervisor
from ops.nginx import Nginx
from ops.places import ROOT
from ops.postgres import Postgres
from ops.redis import Redis
from ops.say import Failure, Step, bold, dim, duration, error, line, table
from ops.state import State

NODES_DEFAULT = 3
PORT_DEFAULT = 8080
#: Seconds between looks at state.json while waiting for the supervisor.
LOOK_PAUSE = 0.1
#: Seconds for the supervisor to say its first word.
SUPERVISOR_PATIENCE = 15.0
#: Seconds for an orderly end of everything before what is left is killed: nodes drain, PostgreSQL writes a checkpoint.
DOWN_PATIENCE = 120.0
#: A door port that was in use a moment ago may take this many seconds to come free.
PORT_PATIENCE = 2.0


def up(home, detach, count, port, fresh):
    """Brings the cluster to what is asked for. Returns the exit status."""
    began = time.monotonic()
    home.create()
    line(bold("Lastmile"))
    with files.locked(home.lock, _waiting):
        state = State.load(home)
        _clear_orphans(state)
        running = state.running()
        count = count or (_count(state) if running else NODES_DEFAULT)
        port = port or (state.port if running else None) or PORT_DEFAULT
        _check_door(state, port)
        common = settings.gather(home)
        _check_tools(home)
        desired = _describe(home, state, common, count, port, fresh)
        child = _request(home, state, desired, foreground=not detach)
        state = _follow(home, child, desired["generation"])
        _sweep(home, state)
    _introduce(state, time.monotonic() - began)
    if detach or child is None or child.stdin is None:
        if not detach:
            line(dim("  It runs on its own already; `./lastmile down` stops it."))
        return 0
    return _watch(home, child)


def rollout(home):
    """Replaces every node, one after the other, while the others serve."""
    with files.locked(home.lock, _waiting):
        state = State.load(home)
        if not state.running():
            raise Failure("nothing runs here; start it with ./lastmile up")
        line(bold("Lastmile, rolling out"))
        common = settings.gather(home)
        _check_tools(home)
        desired = _describe(home, state, common, _count(state), state.port, fresh=False)
        desired["rollout"] = True
        child = _request(home, state, desired, foreground=False)
        state = _follow(home, child, desired["generation"])
        _sweep(home, state)
    return 0


def down(home):
    """Stops whatever runs, with or without a supervisor. Nothing to stop is no error."""
    if not home.exists():
        line("Nothing runs here.")
        return 0
    with files.locked(home.lock, _waiting):
        state = State.load(home)
        _clear_orphans(state)
        if not state.running():
            line("Nothing runs here.")
            return 0
        step = Step("down")
        _end_supervisor(home, step)
        _reap(State.load(home), step)
        for path in (home.state, home.desired):
            path.unlink(missing_ok=True)
        run = home.run()
        if home.path not in run.parents:
            shutil.rmtree(run, ignore_errors=True)
        step.done(f"all stopped in {step.elapsed()}; the data is kept")
    return 0


# MARK: steps of `up`


def _check_door(state, port):
    """The door's port is free, or ours."""
    if not 1 <= port <= 65535:
        raise Failure(f"--port {port}: a port lies between 1 and 65535")
    if any(part.kind == "nginx" and part.address == f"127.0.0.1:{port}" for part, _ in state.alive()):
        return
    deadline = time.monotonic() + PORT_PATIENCE
    while not ports.free(port):
        if port < 1024 and os.geteuid() != 0:
            raise Failure(f"port {port} is for root; choose another with --port")
        if time.monotonic() > deadline:
            raise Failure(f"port {port} is taken by {ports.owner(port)}; choose another with --port")
        time.sleep(0.1)


def _check_tools(home):
    building = not build.current()
    groups = (prerequisites.BUILD, prerequisites.RUN) if building else (prerequisites.RUN,)
    prerequisites.ensure(Step("packages"), home.log("install"), *groups, also=build.libraries() if building else ())
    build.release(Step("build"), home.log("build"))


def _describe(home, state, common, count, port, fresh):
    """What the supervisor is asked for: every part, ready to be started."""
    alive = {part.name for part, _ in state.alive()}
    postgres, redis, door = Postgres(home), Redis(home), Nginx(home)
    step = Step("data")
    installation, postgres_part = postgres.prepare(step, fresh)
    epoch = postgres.folder().name
    redis_version, redis_part = redis.prepare(epoch)
    where = ports.allot(home, nodes.names(count), held=alive)
    shared = nodes.environment(home, common, postgres, redis)
    node_parts = nodes.describe(home, where, shared, build.install(home), epoch)
    nginx_version, nginx_part = door.prepare(port, [(part.name, part.address) for part in node_parts])
    step.done(f"PostgreSQL {installation.version}, Redis {redis_version}, Nginx {nginx_version}  {dim(str(home.path))}")
    parts = [postgres_part, redis_part, *node_parts, nginx_part]
    return {
        "generation": max(state.generation, (files.read_json(home.desired) or {}).get("generation", 0)) + 1,
        "parts": [part.to_json() for part in parts],
    }


def _request(home, state, desired, foreground):
    """Hands the request to the supervisor; starts one where none is, or only one of before an update. Returns the
    new supervisor, or None where the old one goes on."""
    files.write_json(home.desired, desired)
    identity = state.supervisor
    if identity is not None:
        if state.code == supervisor.code() or not state.detached:
            identity.signal(signal.SIGUSR1)
            return None
        identity.signal(signal.SIGUSR2)
        if not identity.wait(SUPERVISOR_PATIENCE):
            identity.signal(signal.SIGKILL)
            identity.wait(5)
        foreground = False
    elif state.alive():
        # Its supervisor was killed: what is left is taken over by one that stays.
        pass
    with open(home.log("supervisor"), "ab", buffering=0) as output:
        return subprocess.Popen(
            [sys.executable, "-B", str(ROOT / "ops"), "_supervise", "foreground" if foreground else "detached"],
            env=dict(os.environ, LASTMILE_HOME=str(home.path)), cwd="/",
            stdin=subprocess.PIPE if foreground else subprocess.DEVNULL, stdout=output, stderr=output,
            close_fds=True, start_new_session=True)


def _follow(home, child, generation):
    """Shows what the supervisor does until the request is carried out. A Failure when it could not be."""
    step = Step("start")
    try:
        while True:
            state = State.load(home)
            if state.generation >= generation and state.phase in ("running", "failed", "stopped"):
                if state.error:
                    step.failed()
                    _await_end(child)
                    raise Failure(state.error)
                if state.phase == "running":
                    break
            if state.activity:
                step.update(state.activity)
            if child is not None and child.poll() is not None:
                state = State.load(home)
                step.failed()
                raise Failure(state.error or f"the supervisor ended; see {home.log('supervisor')}")
            if child is None and state.supervisor is None:
                step.failed()
                raise Failure(f"the supervisor is gone; see {home.log('supervisor')}, and start again")
            time.sleep(LOOK_PAUSE)
    except KeyboardInterrupt:
        step.failed("interrupted")
        if child is not None and child.stdin is not None:
            _stop_child(child)
        raise
    step.done(f"all healthy in {step.elapsed()}")
    return state


def _await_end(child):
    if child is not None:
        try:
            child.wait(DOWN_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()


def _sweep(home, state):
    Postgres(home).sweep()
    build.sweep(home, {part.arguments[0] for part, _, _ in state.parts()})


def _introduce(state, seconds):
    rows = []
    for part, identity, _ in state.parts():
        address = state.url if part.kind == "nginx" else part.address
        rows.append((part.name, address, identity.pid if identity else "-"))
    order = {"nginx": 0, "node": 1, "postgres": 2, "redis": 3}
    kinds = {part.name: part.kind for part, _, _ in state.parts()}
    rows.sort(key=lambda row: order[kinds[row[0]]])
    line()
    table(rows, head=("part", "where", "pid"))
    line()
    seeded = any(part.environment.get("SEED_TEST_DATA") == "true" for part, _, _ in state.parts())
    if seeded:
        line("  Demo logins: admin@, customer@, driver@, merchant@example.com, password lastmile-demo")
    line("  Try next:")
    line(f"    open {state.url}")
    if seeded:
        line("    ./lastmile replay --speed 60      a day of deliveries through it")
    else:
        line("    ./lastmile admin create you@example.com   the first ADMIN")
    line("    ./lastmile status, logs -f, down")
    line()
    line(dim(f"  ready in {duration(seconds)}"))


def _watch(home, child):
    """The foreground: until Ctrl-C, or until the supervisor ends (`down` from elsewhere)."""
    line(dim("  Ctrl-C stops everything and keeps the data."))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _told_to_end)
    try:
        child.wait()
    except (KeyboardInterrupt, _ToldToEnd) as told:
        line()
        _stop_child(child)
        line("  All stopped; the data is kept.")
        # What a shell expects of a command that Ctrl-C ended (128 + SIGINT).
        return 130 if isinstance(told, KeyboardInterrupt) else 0
    line("  Stopped.")
    return 0 if child.returncode == 0 else 1


class _ToldToEnd(Exception):
    """SIGTERM, or the terminal is gone."""


def _told_to_end(*_):
    raise _ToldToEnd


def _stop_child(child):
    """Asks the supervisor to end; a second Ctrl-C makes it hurry."""
    line("  Stopping … (Ctrl-C again to hurry)")
    child.send_signal(signal.SIGTERM)
    while True:
        try:
            child.wait()
            return
        except (KeyboardInterrupt, _ToldToEnd):
            child.send_signal(signal.SIGTERM)


# MARK: steps of `down`


def _end_supervisor(home, step):
    identity = State.load(home).supervisor
    if identity is None:
        return
    identity.signal(signal.SIGTERM)
    identity.signal(signal.SIGCONT)
    deadline = time.monotonic() + DOWN_PATIENCE
    while not identity.wait(LOOK_PAUSE):
        step.update(State.load(home).activity or "stopping")
        if time.monotonic() > deadline:
            error("the supervisor does not end; killed")
            identity.signal(signal.SIGKILL)
            identity.wait(5)


def _reap(state, step):
    """What is still there without a supervisor: the door first, PostgreSQL last."""
    rank = {"nginx": 0, "node": 1, "redis": 2, "postgres": 3}
    for part, identity in sorted(state.alive(), key=lambda pair: rank[pair[0].kind]):
        step.update(f"stopping {part.name}")
        if not processes.stop(identity, part.stop_signal, part.patience, group=True):
            raise Failure(f"{part.name} (pid {identity.pid}) does not end")
    _clear_orphans(state)


def _clear_orphans(state):
    """Workers that outlived their dead master, where no supervisor is there to see to it."""
    if state.supervisor is None:
        for _, identity, _ in state.parts():
            if identity is not None and not identity.alive():
                identity.signal_group(signal.SIGKILL)


def _count(state):
    return sum(1 for part, _, _ in state.parts() if part.kind == "node") or NODES_DEFAULT


def _waiting():
    line(dim("  Another lastmile command is at work here; waiting for it to end."))
