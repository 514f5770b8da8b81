"""End the children of a parent that was killed.

Run by its path, with no package around it. Standard input is a pipe that the parent alone writes to: each
line is the whole list, in JSON, of what runs now, in the order in which it is to end, as
`[[pid, [[signal, seconds], …]], …]`. When the pipe closes, by the parent's death or by its own wish, what is
still on the list is ended. The guardian holds the lock on the data directory as long as it lives, so the next
start waits until all that is done.
"""

import json
import os
import signal
import sys
import time

Watched = tuple[int, list[tuple[int, float]]]


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: list[Watched] = []
    for line in sys.stdin:
        # A line that the parent's death cut short says nothing.
        if line.endswith("\n"):
            watched = json.loads(line)
    for pid, steps in watched:
        end(pid, steps)


def end(pid: int, steps: list[tuple[int, float]]) -> None:
    """Signal until the process is gone; the last step, a kill, is for its whole process group."""
    for number, seconds in steps:
        try:
            if number == signal.SIGKILL:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            break
        if ended(pid, seconds):
            break
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def ended(pid: int, seconds: float) -> bool:
    """Whether the process, which is not our child, is gone within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if is_zombie(pid):
            return True
        time.sleep(0.02)
    return False


def is_zombie(pid: int) -> bool:
    """Whether the process ended and nobody has asked for its exit status (Linux only)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - small start
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


if __name__ == "__main__":
    main()
