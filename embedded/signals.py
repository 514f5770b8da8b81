"""Waiting that a signal cuts short: a child that ended, or a person who wants to stop."""

import contextlib
import os
import select
import signal
from types import FrameType

from embedded.errors import StopRequested

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts requests to stop: SIGINT, SIGTERM, SIGHUP. For the main thread of a program that owns them."""

    def __init__(self) -> None:
        self.requests = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in STOP_SIGNALS:
            # nohup stays nohup. SIGINT is heeded though a shell without job control starts background jobs
            # with it ignored: whoever sends it to Belfry wants it to end.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._count)

    @property
    def in_haste(self) -> bool:
        """Whether a stop was asked for a second time."""
        return self.requests > 1

    def wait(self, seconds: float) -> None:
        """Wait until a signal comes, at most so long."""
        readable, _, _ = select.select([self._reader], [], [], max(0.0, seconds))
        if readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._reader, 4096)

    def pause(self, seconds: float) -> None:
        """The same; raises StopRequested if a stop was asked for."""
        if not self.requests:
            self.wait(seconds)
        if self.requests:
            raise StopRequested

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.requests += 1
