"""Files that are read while they are written: whole or not at all."""

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager

from ops.say import Failure


def write(path, text, mode=0o600, durable=True):
    """Replaces `path` in one step, so that a reader or a crash sees the old text or the new."""
    handle, name = tempfile.mkstemp(dir=str(path.parent), prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_json(path, value, durable=True):
    write(path, json.dumps(value, indent=1, sort_keys=True) + "\n", durable=durable)


def read_json(path, default=None):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as problem:
        raise Failure(f"cannot read {path}: {problem}") from None


def try_lock(path):
    """An exclusive lock that ends with its holder, or None where somebody holds it. The descriptor is not
    inherited: a part started meanwhile must not keep it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextmanager
def locked(path, waiting):
    """Holds the lock for a block; calls `waiting` once before it has to wait for another holder."""
    handle = try_lock(path)
    if handle is None:
        waiting()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield handle
    finally:
        os.close(handle)
