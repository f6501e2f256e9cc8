"""Measurements: every executable `Benchmarks/<name>` or `Benchmarks/<name>/run`, one at a time."""

import os
import subprocess

from ops import build, prerequisites
from ops.places import ROOT
from ops.say import Failure, Step, bold, line

FOLDER = ROOT / "Benchmarks"


def run(home, name):
    """One benchmark, or all of them; fails when one does."""
    known = _known()
    chosen = known if name is None else {name: known[name]} if name in known else None
    if not chosen:
        names = ", ".join(known) or "none yet"
        raise Failure(f"there is no benchmark {name} (there are: {names})" if name else "there are no benchmarks yet")
    home.create()
    also = () if build.current() else build.libraries()
    prerequisites.ensure(Step("packages"), home.log("install"), prerequisites.BUILD, prerequisites.RUN, also=also)
    build.release(Step("build"), home.log("build"))
    failed = []
    for one, program in chosen.items():
        line()
        line(bold(one))
        environment = dict(os.environ, LASTMILE_ROOT=str(ROOT), LASTMILE_NODE=str(build.binary("lastmile-node")))
        if subprocess.run([str(program)], cwd=ROOT, env=environment, check=False).returncode != 0:
            failed.append(one)
    if failed:
        raise Failure(f"below its floor or broken off: {', '.join(failed)}")
    return 0


def _known():
    found = {}
    for path in sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []:
        program = path / "run" if path.is_dir() else path
        if program.is_file() and os.access(program, os.X_OK):
            found[path.stem] = program
    return found
