"""Processor time of servers, from /proc: utime and stime, fields 14 and 15 of stat (proc(5))."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


class Spent:
    """Processor seconds of processes over a block: `with Spent(pids) as spent: …` then `spent.seconds`. With
    `children`, also theirs, whether they live still or have been waited for."""

    def __init__(self, *pids, children=False):
        self.pids = pids
        self.children = children
        self.seconds = 0.0

    def __enter__(self):
        self.before = self._now()
        return self

    def __exit__(self, *_):
        self.seconds = (self._now() - self.before) / TICKS

    def _now(self):
        total = 0
        wanted = set(self.pids)
        for pid in filter(str.isdigit, os.listdir("/proc")) if self.children else map(str, wanted):
            try:
                with open(f"/proc/{pid}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(pid) in wanted:
                total += int(fields[11]) + int(fields[12])
                if self.children:
                    total += int(fields[13]) + int(fields[14])
            elif self.children and int(fields[1]) in wanted:
                total += int(fields[11]) + int(fields[12])
        return total


def resident(pid):
    """Bytes of physical memory that a process holds, shared pages of files left out (proc(5): RssAnon)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0
