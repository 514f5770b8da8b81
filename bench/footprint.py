"""What `python -m embedded` costs while nothing is due: all of its processes, engines included."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.machine import family, memory, name, processor_seconds
from bench.report import Figure
from tests.e2e.system import System

# Seconds that it is watched.
SIZE = 120
# Until what a start does has passed.
SETTLING = 45.0


def run(size: int) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="belfry-bench-") as folder,
        System(Path(folder) / "data") as system,
    ):
        time.sleep(SETTLING)
        before, began = processor_seconds(family(system.parent.pid)), time.monotonic()
        time.sleep(size)
        pids = family(system.parent.pid)
        used, seconds = processor_seconds(pids) - before, time.monotonic() - began
        for pid in pids:
            sys.stderr.write(f"{memory([pid]):8.1f} MB  {name(pid)}\n")
        sizes: dict[str, int | str] = {"processes": len(pids), "seconds": size}
        yield Figure("footprint.memory", memory(pids), "MB (PSS)", sizes=sizes)
        yield Figure("footprint.processor", 100 * used / seconds, "% of a core", sizes=sizes)
