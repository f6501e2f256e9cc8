"""Realtime servers side by side: realtime-echo, and what anybody can install from PyPI to hold it against."""

import functools
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.ground import ROOT, free_port, program

from ops import processes, suites  # noqa: E402
from ops.places import Home  # noqa: E402
from ops.say import Failure  # noqa: E402

FOLDER = ROOT / "Benchmarks" / "reference"
#: Seconds until a server must listen.
PATIENCE = 20.0
#: Where there are two processors the server has the first and the generator the second.
SERVER_PROCESSOR, GENERATOR_PROCESSOR = {0}, {1}


class Peers:
    """Starts the servers; each is (pid, port)."""

    def __init__(self, ground):
        self.ground = ground

    @functools.cached_property
    def python(self):
        """The interpreter that has what comes from PyPI; None, with the reason printed, where that cannot be had."""
        home = Home()
        home.create()
        try:
            return suites.environment(home, FOLDER / "requirements.txt", "venv-bench")
        except Failure as problem:
            print(f"  no peers from PyPI: {problem}")
            return None

    def redis(self):
        """Where servers find one Redis, started when first asked for: (pid, URL)."""
        if self.ground.redis is None:
            self.redis_process = self.ground.start_redis()
        return self.redis_process.pid, f"unix://{self.ground.redis.socket}"

    def another_redis(self, name):
        process, path = self.ground.start_another_redis(name)
        return process.pid, f"unix://{path}"

    def lastmile(self, **settings):
        return self._start([program("realtime-echo")], settings)

    def uwebsockets(self):
        """None, with the reason printed, where it cannot be had."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if self.python is None or compiler is None or platform.machine() != "x86_64":
            print("  no uWebSockets: it needs PyPI, a C compiler and x86-64")
            return None
        library = next(Path(self.python).parent.parent.glob("lib/python*/site-packages/socketify/*linux_amd64.so"))
        binary = self.ground.folder / "uwebsockets"
        if not binary.exists():
            subprocess.run([compiler, "-O2", str(FOLDER / "uwebsockets.c"), "-o", str(binary), str(library),
                            f"-Wl,-rpath,{library.parent}"], check=True)
        return self._start([str(binary)], {}, as_argument=True)

    def python_socketio(self, **settings):
        if self.python is None:
            return None
        return self._start([str(self.python), "-B", str(FOLDER / "python_socketio.py")], settings)

    def _start(self, arguments, settings, as_argument=False):
        port = free_port()
        values = {"PATH": os.environ["PATH"], "PORT": str(port), **settings}
        process = self.ground.spawn(arguments + ([str(port)] if as_argument else []), values)
        pin(process.pid, SERVER_PROCESSOR)
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{arguments[0]} does not serve:\n{self.ground.tail()}")
            time.sleep(0.05)
        return process.pid, port


class Load:
    """One lastmile-load against one server, its sockets open from round to round."""

    def __init__(self, port, mode, **options):
        arguments = [program("lastmile-load"), mode, "--port", str(port)]
        for name, value in options.items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=processes.outlived(signal.SIGKILL))
        pin(self.process.pid, GENERATOR_PROCESSOR)
        self._line()

    def play(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self._line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def _line(self):
        import json
        line = self.process.stdout.readline()
        if not line:
            sys.exit("lastmile-load broke off")
        return json.loads(line)


def pin(pid, processors):
    """Where there is one processor alone, nothing is pinned."""
    if processors <= os.sched_getaffinity(0):
        os.sched_setaffinity(pid, processors)


def _listens(port):
    import socket
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0
