"""What a person who starts Belfry reads. Secrets are never among it."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO


class Console:
    """Writes whole lines to a stream; a console that went away is no reason to stop."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream

    def say(self, text: str = "") -> None:
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:
            return

    def lines(self, lines: Iterable[str]) -> None:
        """Show somebody else's words, set off from ours."""
        for line in lines:
            self.say(f"    | {line}")

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Say, once it is done, how long the step took, and the remarks appended to what is yielded."""
        started = time.monotonic()
        remarks: list[str] = []
        yield remarks
        remark = "".join(f", {remark}" for remark in remarks)
        self.say(f"  {name:<12} {time.monotonic() - started:4.1f} s{remark}")
