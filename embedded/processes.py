"""Starting a child that ends with its parent, and ending one within a bound."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SHIM = Path(__file__).with_name("shim.py")

# Signals to try one after the other, each with the seconds it is given.
StopSteps = tuple[tuple[int, float], ...]
GENTLE: StopSteps = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class Command:
    """A program and all it needs: `fds` stay open in it under their numbers, `uid` is whom it runs as."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path = Path("/")
    uid: int | None = None
    fds: tuple[int, ...] = ()
    death_signal: int = signal.SIGTERM
    stop: StopSteps = GENTLE


def spawn(command: Command, output: BinaryIO | int) -> "subprocess.Popen[bytes]":
    """Start the command in a session of its own, its output and errors going to `output`.

    Call it from the main thread: Linux takes the death of the thread that forked for the death of the parent.
    """
    uid = "-" if command.uid is None else str(command.uid)
    shim = (sys.executable, "-I", "-S", str(SHIM), str(os.getpid()), str(int(command.death_signal)), uid)
    return subprocess.Popen(
        [*shim, *command.argv],
        env=dict(command.environment),
        cwd=command.directory,
        pass_fds=command.fds,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(
    process: "subprocess.Popen[bytes]",
    steps: StopSteps = GENTLE,
    *,
    in_haste: Callable[[], bool] = lambda: False,
) -> None:
    """Signal the process until it has ended, and kill what it left in its process group.

    A step's time is cut to one second as soon as `in_haste()`.
    """
    for number, seconds in steps:
        if process.poll() is not None:
            break
        if number == signal.SIGKILL:
            kill_group(process.pid)
        else:
            process.send_signal(number)
        _wait(process, seconds, in_haste)
    kill_group(process.pid)


def kill_group(pid: int) -> None:
    """Kill every process of the group that `pid` leads or led."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nobody is left (macOS says "not permitted" of a group in which only a zombie is left).
        return


def environment_for_engines() -> dict[str, str]:
    """A small environment: nothing of the caller's locale or libpq variables reaches an engine."""
    return {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", "LC_ALL": "C"}


def wait_until(
    condition: Callable[[], bool], seconds: float, pause: Callable[[float], None] = time.sleep
) -> bool:
    """Whether the condition became true in time; asked every 10 ms."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        pause(0.01)
    return True


def last_lines(log: Path, count: int = 15, *, since: int = 0) -> Sequence[str]:
    """The last lines of a log, of those after so many bytes, to show a person why something died."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []


def _wait(process: "subprocess.Popen[bytes]", seconds: float, in_haste: Callable[[], bool]) -> None:
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < (
        min(seconds, 1.0) if in_haste() else seconds
    ):
        time.sleep(0.01)
