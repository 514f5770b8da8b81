"""The times of a crontab's line as rules of schedules, as few as the contract lets them be.

`server` takes all in one: several rules, lists of days and months. `documented` takes one rule with one BYMONTHDAY and
one BYMONTH, so lists become steps of months (INTERVAL), places in the month (BYSETPOS), or several schedules, no two of
which ever come at the same time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schedules import zones
from schedules.crontab import CronJob, Fields
from schedules.recurrence import ClockPolicy, Contract, Gap, Overlap

DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
ALL_DAYS = frozenset(range(1, 32))
ALL_WEEKDAYS = frozenset(range(7))
ALL_MONTHS = frozenset(range(1, 13))
MONTH_STEPS = (2, 3, 4, 6)
MOST_POSITIONS = 366
LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule that stands for a line, or for a part of one."""

    name: str
    rrule: str
    dst_gap: Gap
    dst_overlap: Overlap
    jitter_seconds: int

    @property
    def clock(self) -> ClockPolicy:
        return ClockPolicy(self.dst_gap, self.dst_overlap)


class Months(NamedTuple):
    """Every `step`th month from `first`, of these those in `only`, where that is not empty."""

    first: int = 1
    step: int = 1
    only: frozenset[int] = frozenset()


class Days(NamedTuple):
    """Days of the month that are also these weekdays; empty sets stand for all. `places` are days of the month, too."""

    days: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()


def drafts(job: CronJob, *, contract: Contract, now: datetime, host: str = "") -> list[Draft]:
    """The schedules that stand for a line, none where it could not be read. Their DTSTART is in its year of `now`.

    Their names have the `host` whose crontab it is, where that is said.
    """
    if job.fields is None:
        return []
    year = now.astimezone(zones.find(job.timezone)).year
    rules = list(rules_of(job.fields, contract))
    if contract is Contract.SERVER:
        rules = [(1, " ".join(rule for _, rule in rules))]
    clock = clock_policy(job.fields)
    return [
        Draft(
            name=_name(job, number, len(rules), host),
            rrule=f"{_start(job.timezone, year, month)} {rule}",
            dst_gap=clock.gap,
            dst_overlap=clock.overlap,
            jitter_seconds=job.jitter_seconds,
        )
        for number, (month, rule) in enumerate(rules, start=1)
    ]


def clock_policy(fields: Fields) -> ClockPolicy:
    """What is nearest to cron, which makes up for fixed times that the clock skips, and repeats none."""
    if fields.by_the_clock:
        return ClockPolicy(Gap.SKIP, Overlap.BOTH)
    return ClockPolicy(Gap.SHIFT, Overlap.FIRST)


def rules_of(fields: Fields, contract: Contract) -> Iterator[tuple[int, str]]:
    """The RRULEs of a line, each with the month in which its DTSTART must be."""
    times_a_day = len(fields.hours) * len(fields.minutes)
    days = list(_days(fields))
    if contract is Contract.SERVER:
        months = [Months(only=_unless_all(fields.months, ALL_MONTHS))]
    else:
        months = list(_single_months(fields.months))
        days = [one for each in _apart(days) for one in _single_days(each, times_a_day)]
    for some in months:
        for each in days:
            yield some.first, f"RRULE:{_rule(some, each, fields)}"


def _days(fields: Fields) -> list[Days]:
    """The days of a line: both fields fit, or one of them is enough."""
    days = _unless_all(fields.days, ALL_DAYS)
    weekdays = _unless_all(fields.weekdays, ALL_WEEKDAYS)
    if not fields.either_day:
        return [Days(days, weekdays)]
    return [Days(days), Days(weekdays=weekdays)] if days and weekdays else [Days()]


def _apart(days: Sequence[Days]) -> Iterator[Days]:
    """The same, with no day in two of them."""
    if len(days) == 1:
        yield from days
        return
    of_month, of_week = days
    yield Days(of_month.days, ALL_WEEKDAYS - of_week.weekdays)
    yield of_week


def _single_days(given: Days, times_a_day: int) -> Iterator[Days]:
    """The same days, with one day of the month each, or by their places in the month."""
    if len(given.days) < 2:
        yield given
    elif not given.weekdays and len(ALL_DAYS) * times_a_day <= MOST_POSITIONS:
        yield Days(places=given.days)
    else:
        yield from (Days(frozenset({day}), given.weekdays) for day in sorted(given.days))


def _single_months(given: frozenset[int]) -> Iterator[Months]:
    """The same months: every second, third … one, as far as that goes, then one by one."""
    if given == ALL_MONTHS:
        yield Months()
        return
    left = set(given)
    for step in MONTH_STEPS:
        for first in range(1, step + 1):
            if left.issuperset(range(first, 13, step)):
                left.difference_update(range(first, 13, step))
                yield Months(first, step)
    yield from (Months(only=frozenset({month})) for month in sorted(left))


def _rule(months: Months, days: Days, fields: Fields) -> str:
    """One rule. Its times follow a DTSTART at midnight, so hour and minute 0 need not be said."""
    frequency, interval = _frequency(months, days, fields)
    times_a_day = len(fields.hours) * len(fields.minutes)
    by_month = days.places or months.step > 1
    weekdays = days.weekdays or (ALL_WEEKDAYS if by_month and not days.days else frozenset())
    parts = {
        "FREQ": frequency,
        "INTERVAL": str(interval),
        "BYMONTH": _listed(months.only),
        "BYMONTHDAY": _listed(days.days),
        "BYDAY": ",".join(DAYS[day] for day in sorted(weekdays, key=lambda day: (day - 1) % 7)),
        "BYHOUR": "" if frequency in ("HOURLY", "MINUTELY") else _unless_midnight(fields.hours),
        "BYMINUTE": "" if frequency == "MINUTELY" else _unless_midnight(fields.minutes),
        "BYSETPOS": _listed(
            (day - 1) * times_a_day + place for day in days.places for place in range(1, times_a_day + 1)
        ),
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)


def _frequency(months: Months, days: Days, fields: Fields) -> tuple[str, int]:
    if months.step > 1 or days.places:
        return "MONTHLY", months.step
    if len(fields.hours) == 24:
        step = 60 // len(fields.minutes)
        if step < 60 and fields.minutes == frozenset(range(0, 60, step)):
            return "MINUTELY", step
        return "HOURLY", 1
    if days.days:
        return ("YEARLY" if len(months.only) == len(days.days) == 1 else "MONTHLY"), 1
    return ("WEEKLY" if days.weekdays else "DAILY"), 1


def _unless_all(numbers: frozenset[int], every: frozenset[int]) -> frozenset[int]:
    return frozenset() if numbers == every else numbers


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def _unless_midnight(numbers: frozenset[int]) -> str:
    return "" if numbers == {0} else _listed(numbers)


def _start(timezone: str, year: int, month: int) -> str:
    first = f"{year:04}{month:02}01T000000"
    return f"DTSTART:{first}Z" if timezone == "UTC" else f"DTSTART;TZID={timezone}:{first}"


def _name(job: CronJob, number: int, count: int, host: str) -> str:
    whose = f"crontab of {host}, line" if host else "crontab line"
    part = f" ({number} of {count})" if count > 1 else ""
    return f"{whose} {job.line}{part}: {job.expression}"[:LONGEST_NAME]
