"""What processes cost, as Linux counts it: memory and processor time of one and all that it started."""

import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
MB = 1_000_000


def family(pid: int) -> list[int]:
    """A process and its descendants, those that have just ended left out."""
    try:
        tasks = list((PROC / str(pid) / "task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in family(child))]


def peak_memory(pids: Iterable[int]) -> float:
    """The most that was ever resident of each, added up; MB. What they share counts in each."""
    return sum(_kilobytes(PROC / str(pid) / "status", "VmHWM:") for pid in pids) * 1024 / MB


def memory(pids: Iterable[int]) -> float:
    """What is resident of all together: a page that several share counts once (PSS); MB."""
    return sum(_kilobytes(PROC / str(pid) / "smaps_rollup", "Pss:") for pid in pids) * 1024 / MB


def processor_seconds(pids: Iterable[int]) -> float:
    """What they, and those of their children that have ended, have used so far."""
    ticks = 0
    for pid in pids:
        # After the name, which may hold blanks: the fields from the third on; utime, stime, cutime and cstime.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def name(pid: int) -> str:
    """The first words of its command line."""
    words = (PROC / str(pid) / "cmdline").read_text(errors="replace").split("\0")
    return " ".join(word for word in words if word)[:100]


def _kilobytes(file: Path, entry: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(entry):
            return int(line.split()[1])
    raise AssertionError(f"{file} has no {entry}")
