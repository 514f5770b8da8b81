"""What becomes of a local time that a clock skips, or shows twice, when summer time begins or ends.

A rule's times are what a clock is to read. Most clocks read a time once; in the hour around a change of the clock
a rule's policy decides. RFC 5545 section 3.3.5 reads a skipped time with the offset from before the change, so
02:30 becomes 03:30: that is `shift`. It reads a repeated one as its first: that is `first`, the default here, too.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from schedules.fast_forward import DAY, END, from_seconds, to_seconds


class Gap(StrEnum):
    """A time that the clock skips: no occurrence, or one as much later as the clock was put forward."""

    SKIP = "skip"
    SHIFT = "shift"


class Overlap(StrEnum):
    """Which reading counts of a time that comes twice."""

    FIRST = "first"
    LAST = "last"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    gap: Gap = Gap.SKIP
    overlap: Overlap = Overlap.FIRST

    def instants(self, local: datetime) -> tuple[datetime, ...]:
        """When the aware `local` comes, in UTC: no, one or two instants, in order."""
        if local.tzinfo is UTC:
            return (local,)
        try:
            first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        except OverflowError:
            return ()
        if first == second:
            return (first,)
        if first > second:
            return (first,) if self.gap is Gap.SHIFT else ()
        return {Overlap.FIRST: (first,), Overlap.LAST: (second,), Overlap.BOTH: (first, second)}[self.overlap]


STANDARD = ClockPolicy()
"""What AWX does. Its instants come in the order of the wall times."""


def in_order(
    times: Iterable[tuple[int, tuple[datetime, ...]]], zone: tzinfo, *, forward: bool
) -> Iterator[datetime]:
    """The instants of wall times (in seconds) that come in order, or latest first; each instant once.

    A time that is shifted or counts again comes after later wall times, so an instant is held back until no wall
    time to come can be before it: never, but within a day of a change of the clock.
    """
    sign = 1 if forward else -1
    held: list[int] = []
    passed: int | None = None

    def release(bound: int) -> Iterator[datetime]:
        nonlocal passed
        while held and held[0] <= bound:
            second = heapq.heappop(held)
            if second != passed:
                passed = second
                yield from_seconds(sign * second).replace(tzinfo=UTC)

    for wall, instants in times:
        least, greatest = offsets_around(wall, zone)
        bound = wall - greatest if forward else least - wall
        for instant in instants:
            heapq.heappush(held, sign * to_seconds(instant))
        yield from release(bound)
    yield from release(END)


def entry(moment: datetime, zone: tzinfo, *, forward: bool = True) -> int:
    """The wall second to start from so that, whatever the policy, no time after (before) `moment` is passed over."""
    try:
        local = to_seconds(moment.astimezone(zone))
    except OverflowError:
        return 0 if moment.year < 5000 else END
    least, greatest = offsets_around(local, zone)
    return min(max(to_seconds(moment.astimezone(UTC)) + (least if forward else greatest), 0), END)


def offsets_around(wall: int, zone: tzinfo) -> tuple[int, int]:
    """The least and the greatest offset from UTC, in seconds, a day before and a day after a wall second.

    No clock was ever moved by more than a day, so these are the offsets of all that can be read near it.
    """
    days = (from_seconds(max(wall - DAY, DAY)), from_seconds(min(wall + DAY, END)))
    offsets = sorted(int((zone.utcoffset(day) or timedelta()).total_seconds()) for day in days)
    return offsets[0], offsets[-1]
