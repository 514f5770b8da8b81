"""The parent's end of the pipe to its guardian."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from embedded.processes import StopSteps

GUARDIAN = Path(__file__).with_name("guardian.py")


class Guarding:
    """A guardian that knows what to end should this process be killed, and is replaced if it dies itself."""

    def __init__(self, lock_fd: int) -> None:
        self._lock_fd = lock_fd
        self._told: list[tuple[int, StopSteps]] = []
        self._process = self._start()

    def watch(self, running: Iterable[tuple[int, StopSteps]]) -> None:
        """Tell the guardian what runs now, in the order in which to end it, unless that is old news."""
        now = list(running)
        if self._process.poll() is not None:
            self._process = self._start()
            self._told = []
        if now != self._told:
            self._told = now
            self._tell()

    def close(self) -> None:
        """Let the guardian go; it ends what it was last told of."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self) -> None:
        assert self._process.stdin is not None
        # If it has just died, the next call notices.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(self._told).encode() + b"\n")
            self._process.stdin.flush()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARDIAN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._lock_fd,),
            cwd="/",
            env={},
            start_new_session=True,
        )
