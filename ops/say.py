"""What the command prints: steps with their outcome, tables, and failures in one line."""

import os
import sys
import time


class Failure(Exception):
    """Something the user can act on. Printed as one line; the command exits with `status`."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def terminal():
    return sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"


def coloured():
    return terminal() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if coloured() else text


def bold(text):
    return paint(text, "1")


def dim(text):
    return paint(text, "2")


def line(text=""):
    print(text, flush=True)


def error(message):
    print(f"lastmile: {message}", file=sys.stderr, flush=True)


def duration(seconds):
    """12.3 s, 4 min 05 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(round(seconds)), 60)
    return f"{minutes} min {rest:02d} s"


class Step:
    """One line of progress: `name  what happens`, redrawn on a terminal, repeated sparingly elsewhere."""

    #: Without a terminal a long step says where it is this often, in seconds: enough for a log, not a flood.
    REPEAT = 20.0

    def __init__(self, name):
        self.name = name
        self.started = time.monotonic()
        self.said = self.started
        self.drawn = False

    def update(self, text):
        if terminal():
            width = _width()
            content = f"  … {self.name:<11} {text}"[: width - 1]
            sys.stdout.write("\r\033[K" + content)
            sys.stdout.flush()
            self.drawn = True
        elif time.monotonic() - self.said >= self.REPEAT:
            self.said = time.monotonic()
            line(f"  … {self.name:<11} {text}")

    def done(self, text):
        self._clear()
        line(f"  {paint('✓', '32')} {self.name:<11} {text}")

    def failed(self, text=""):
        self._clear()
        line(f"  {paint('✗', '31')} {self.name:<11} {text}".rstrip())

    def note(self, text):
        self._clear()
        line(f"    {text}")

    def elapsed(self):
        return duration(time.monotonic() - self.started)

    def _clear(self):
        if self.drawn:
            sys.stdout.write("\r\033[K")
            self.drawn = False


def table(rows, head=None, indent=2):
    """Left-aligned columns as wide as their widest cell."""
    every = ([head] if head else []) + rows
    widths = [max(len(str(row[i])) for row in every) for i in range(len(every[0]))]
    for number, row in enumerate(every):
        text = "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip()
        line(" " * indent + (dim(text) if head and number == 0 else text))


def _width():
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, 20)
    except OSError:
        return 80
