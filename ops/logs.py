"""The parts' logs: shown, followed, and kept from filling the disk."""

import os
import shutil
import time

from ops.say import Failure, line

#: A log grows to this many bytes, then moves aside to NAME.1, which it replaces.
LARGEST = 64 * 1024 * 1024
#: Lines shown of each part: one that is asked for by name, or one of all.
LINES_ONE, LINES_ALL = 200, 20
#: Seconds between looks while following.
PAUSE = 0.25


def bound(path):
    """Moves a grown log aside. Copied and cut, not renamed: the writer has it open, for appending."""
    try:
        if path.stat().st_size < LARGEST:
            return
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)
    except OSError:
        return


def show(home, part, follow):
    """Prints the end of one part's log, or of all, and goes on with what is added."""
    paths = _paths(home, part)
    names = len(paths) > 1
    width = max(len(path.stem) for path in paths)
    count = LINES_ONE if not names else LINES_ALL
    begun = {}
    for path in paths:
        text, begun[path] = _tail(path, count)
        _print(path, text, names, width)
    while follow:
        time.sleep(PAUSE)
        for path in _paths(home, part):
            text, begun[path] = _more(path, begun.get(path, 0))
            _print(path, text, names, width)


def _paths(home, part):
    """Log files by part: `node-1`, or `1` for short; Nginx has two."""
    there = {path.stem: path for path in sorted(home.logs.glob("*.log"))} if home.logs.is_dir() else {}
    if part is None:
        chosen = [path for name, path in there.items() if name not in ("access", "build", "install")]
    else:
        name = f"node-{part}" if part.isdigit() else part
        chosen = [there[one] for one in ((name, "access") if name == "nginx" else (name,)) if one in there]
    if not chosen:
        known = ", ".join(there) or "none yet"
        raise Failure(f"no log of {part} here (there are: {known})" if part else f"no logs in {home.logs} yet")
    return chosen


def _tail(path, count):
    """The last lines, and where the file ends."""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        begin, data = end, b""
        while begin > 0 and data.count(b"\n") <= count:
            step = min(65536, begin)
            begin -= step
            file.seek(begin)
            data = file.read(step) + data
    lines = data.decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-count:]), end


def _more(path, begin):
    """Whole lines added since `begin`; from the start again where the file was cut."""
    try:
        size = path.stat().st_size
        if size == begin:
            return "", begin
        with open(path, "rb") as file:
            file.seek(begin if size > begin else 0)
            start = file.tell()
            data = file.read()
    except OSError:
        return "", begin
    whole = data.rfind(b"\n") + 1
    return data[:whole].decode("utf-8", "replace").rstrip("\n"), start + whole


def _print(path, text, names, width):
    for row in text.splitlines():
        line(f"{path.stem.ljust(width)} | {row}" if names else row)
