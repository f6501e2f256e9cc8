"""Rounds, medians, and the verdict against a floor."""

import argparse
import json
import os
import statistics
import sys

#: Two of everything alternate, so that a machine whose speed wanders slows both sides alike.
ROUNDS = 5


class Figure:
    """One ratio: a value per round, held against its bound. `floor` from below, `ceiling` from above."""

    def __init__(self, name, unit="", floor=None, ceiling=None):
        self.name = name
        self.unit = unit
        self.floor = floor
        self.ceiling = ceiling
        self.values = []

    def add(self, value):
        self.values.append(value)

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def passed(self):
        if self.floor is not None and self.median < self.floor:
            return False
        return self.ceiling is None or self.median <= self.ceiling

    @property
    def bounded(self):
        return self.floor is not None or self.ceiling is not None

    def row(self):
        bound = (f"≥ {self.floor:g}" if self.floor is not None else
                 f"≤ {self.ceiling:g}" if self.ceiling is not None else "")
        verdict = ("pass" if self.passed else "BELOW" if self.floor is not None else "ABOVE") if self.bounded else ""
        spread = f"{_short(min(self.values))}–{_short(max(self.values))}" if len(self.values) > 1 else ""
        return [self.name, _short(self.median) + (f" {self.unit}" if self.unit else ""), spread, bound, verdict]

    def record(self):
        return {"name": self.name, "unit": self.unit, "median": self.median, "values": self.values,
                "floor": self.floor, "ceiling": self.ceiling, "passed": self.passed if self.bounded else None}


def report(title, figures, notes=()):
    """Prints the table, writes it as JSON where asked to, and returns the exit status."""
    given = _arguments()
    rows = [["", "median", "min–max", "bound", ""]] + [figure.row() for figure in figures if figure.values]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    print(f"{title}")
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    for note in notes:
        print(f"  {note}")
    print(f"  machine: {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    if given.json:
        with open(given.json, "a", encoding="utf-8") as file:
            file.write(json.dumps({"benchmark": title, "figures": [figure.record() for figure in figures],
                                   "load": os.getloadavg()[0], "processors": os.cpu_count()}) + "\n")
    return 0 if all(figure.passed for figure in figures if figure.bounded and figure.values) else 1


def progress(text):
    """What goes on, on a line of its own; for people, so on standard error."""
    print(f"  … {text}", file=sys.stderr, flush=True)


def rounds():
    """How many rounds: --rounds, or ROUNDS."""
    return _arguments().rounds


def _arguments():
    parser = argparse.ArgumentParser(description="one benchmark; see docs/performance.md")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", help="a file that gets one line of JSON more")
    return parser.parse_args()


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
