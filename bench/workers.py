"""Belfry's processes as in production, and the floor's, each on the database of the bench that starts them."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded import commands
from embedded.processes import Command, end, spawn
from instances.models import Instance

ROOT = Path(__file__).resolve().parents[1]
# What they end is a hang.
PATIENCE = 1200.0


@contextlib.contextmanager
def worker() -> Iterator[int]:
    """One worker process that has begun to look for work; its id."""
    with _running(commands.worker(ROOT, _environment(), None)) as (process, log):
        known = set(Instance.objects.values_list("uuid", flat=True))
        wait_until(
            lambda: process.poll() is not None or Instance.objects.exclude(uuid__in=known).exists(),
            "no worker",
        )
        assert process.poll() is None, log.read_text()
        yield process.pid


@contextlib.contextmanager
def beat() -> Iterator[None]:
    with (
        tempfile.TemporaryDirectory(prefix="belfry-bench-") as folder,
        _running(commands.beat(ROOT, _environment(), Path(folder) / "times")),
    ):
        yield


@contextlib.contextmanager
def by_hand(number: int, *options: str) -> Iterator[int]:
    """The floor, which looks for so many runs; its id."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.by_hand", str(number), *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process.pid
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{complaint} after {PATIENCE:g} s"
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    return {**os.environ, "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


@contextlib.contextmanager
def _running(command: Command) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    with tempfile.NamedTemporaryFile(prefix="belfry-bench-", suffix=".log") as log:
        process = spawn(command, log.fileno())
        try:
            yield process, Path(log.name)
        finally:
            end(process, command.stop)
