"""Whether schedules launch when cron runs a line: cron's own times, found without any rule, against theirs.

Cron compares each minute that the clock shows with the fields of a line. Where the clock is changed by up to three
hours it makes up at once for fixed times that were skipped, and does not repeat those that are shown again; lines whose
minute or hour begins with `*` go by the clock alone (cron(8) of Vixie's cron and of cronie).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain, islice, pairwise
from typing import NamedTuple

from schedules.crontab import Fields
from schedules.recurrence import RecurrenceSet

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PERIOD = 731 * DAY
"""How far ahead times are compared: two years."""

NEAR_A_CHANGE = timedelta(hours=3)
MOST_COMPARED = 100_000
"""How many times are compared for all lines of a request: some two seconds."""

MOST_SHOWN = 20
SEARCHED_BEYOND = 1_000

COINCIDES = (
    "Cron makes up for a time that the clock skips beside the one that comes then anyway; here what falls on the same "
    "instant is launched once."
)


class Run(NamedTuple):
    """When cron runs a line, and when its time would have come had the clock not been put forward. Both in UTC."""

    at: datetime
    due: datetime


class Difference(NamedTuple):
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, and all in which cron and the schedules differ."""

    start: datetime
    end: datetime
    """Until before when all times were compared. Up to PERIOD after the start those near changes of the clock were"""
    times: int
    moved: list[Run]
    """What cron runs when the clock has been put forward, and the schedules launch a little later"""
    missing: list[Difference]
    doubled: list[Difference]
    extra: list[Difference]
    """Times at which more is launched than cron runs are `doubled`, those at which it runs nothing `extra`"""

    @property
    def is_cut(self) -> bool:
        return self.end < self.start + PERIOD


class Claim(NamedTuple):
    """That schedules with these recurrences launch when cron runs a line with these fields."""

    fields: Fields
    zone: tzinfo
    recurrences: Sequence[RecurrenceSet]


def prove_all(claims: Sequence[Claim], start: datetime) -> list[Proof]:
    """A proof for each, from a whole minute on. Together they compare about MOST_COMPARED times.

    Raises InvalidRule where a recurrence cannot be searched.
    """
    proofs: list[Proof] = []
    left = MOST_COMPARED
    for number, claim in enumerate(claims):
        proof = prove(claim, start, most=max(left // (len(claims) - number), 1))
        proofs.append(proof)
        left -= proof.times
    return proofs


def prove(claim: Claim, start: datetime, *, most: int) -> Proof:
    """Compare two years, or the first `most` of cron's times and those near changes of the clock."""
    horizon = start + PERIOD
    beyond = next(islice(cron_runs(claim.fields, claim.zone, start, horizon), most, None), None)
    end = horizon if beyond is None else beyond.due
    expected: list[Run] = []
    came: Counter[datetime] = Counter()
    for begin, stop in _windows(claim.zone, start, end, horizon):
        found = [
            run for run in cron_runs(claim.fields, claim.zone, begin - DAY, stop) if begin <= run.due < stop
        ]
        expected += found
        limit = len(found) + SEARCHED_BEYOND
        came.update(chain.from_iterable(each.between(begin, stop, limit=limit) for each in claim.recurrences))
    return _compared(start, end, expected, came)


def _windows(
    zone: tzinfo, start: datetime, end: datetime, horizon: datetime
) -> Iterator[tuple[datetime, datetime]]:
    yield start, end
    for change in clock_changes(zone, end, horizon):
        yield max(change - NEAR_A_CHANGE, end), min(change + NEAR_A_CHANGE, horizon)


def _compared(start: datetime, end: datetime, runs: Sequence[Run], came: Counter[datetime]) -> Proof:
    expected = Counter(run.due for run in runs)
    doubled = {at: came[at] - times for at, times in expected.items() if came[at] > times}
    return Proof(
        start=start,
        end=end,
        times=len(runs),
        moved=[run for run in runs if run.at != run.due and expected[run.due] == came[run.due]],
        missing=[Difference(at, COINCIDES if expected[at] > 1 else "") for at in _each(expected - came)],
        doubled=[Difference(at, "") for at in _each(Counter(doubled))],
        extra=[Difference(at, "") for at in _each(came) if at not in expected],
    )


def _each(times: Counter[datetime]) -> Iterable[datetime]:
    return sorted(times.elements())


# -- cron ----------------------------------------------------------------------------------------


def cron_runs(fields: Fields, zone: tzinfo, start: datetime, end: datetime) -> Iterator[Run]:
    """When cron, begun at `start`, runs a line on a host of this zone before `end`; both are whole minutes."""
    shown: datetime | None = None
    before = timedelta()
    for begin, stop in pairwise([start, *clock_changes(zone, start, end), end]):
        offset = _offset(zone, begin)
        first, last = (each.replace(tzinfo=None) + offset for each in (begin, stop))
        if shown is not None and not fields.by_the_clock:
            for skipped in _readings(fields, shown, first):
                yield Run(at=begin, due=(skipped - before).replace(tzinfo=UTC))
            first = max(first, shown)
        for reading in _readings(fields, first, last):
            at = (reading - offset).replace(tzinfo=UTC)
            yield Run(at=at, due=at)
        shown, before = max(last, shown or last), offset


def clock_changes(zone: tzinfo, start: datetime, end: datetime) -> list[datetime]:
    """The whole minutes after `start` and before `end` at which the clock of a zone is put forward or back."""
    days = [start + number * DAY for number in range((end - start) // DAY + 1)]
    changes = (
        _change_between(zone, begin, stop)
        for begin, stop in pairwise([*days, end])
        if _offset(zone, begin) != _offset(zone, stop)
    )
    return [change for change in changes if change < end]


def _change_between(zone: tzinfo, begin: datetime, stop: datetime) -> datetime:
    old = _offset(zone, begin)
    minutes = range((stop - begin) // MINUTE)
    changed = bisect_left(minutes, 1, key=lambda minute: _offset(zone, begin + minute * MINUTE) != old)
    return begin + changed * MINUTE


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _readings(fields: Fields, since: datetime, until: datetime) -> Iterator[datetime]:
    """What a clock shows when the fields are met, from `since` until before `until`, without a zone."""
    if since >= until:
        return
    times = [
        timedelta(hours=hour, minutes=minute)
        for hour in sorted(fields.hours)
        for minute in sorted(fields.minutes)
    ]
    first = since.date()
    for number in range((until.date() - first).days + 1):
        day = first + number * DAY
        if _has_day(fields, day):
            midnight = datetime.combine(day, time())
            yield from (midnight + each for each in times if since <= midnight + each < until)


def _has_day(fields: Fields, day: date) -> bool:
    if day.month not in fields.months:
        return False
    fits = (day.day in fields.days, day.isoweekday() % 7 in fields.weekdays)
    return any(fits) if fields.either_day else all(fits)
