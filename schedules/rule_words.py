"""A recurrence rule in plain English words, for people who do not read RFC 5545."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, WEEKLY, YEARLY

from schedules.rule_text import RuleText

UNITS = {YEARLY: "year", MONTHLY: "month", WEEKLY: "week", DAILY: "day", HOURLY: "hour", MINUTELY: "minute"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_LISTED = 6


def describe(rule: RuleText) -> str:
    """Such as "Every 15 minutes on Mon–Fri, America/New_York, from 2030-01-01 09:00"."""
    said = " and ".join(_rule(each) for each, _ in rule.rules) or "Never"
    said = said[0].upper() + said[1:]
    if rule.rdates:
        said += f", also on {_dates(rule.rdates)}"
    excluded = [_rule(each) + _until(until) for each, until in rule.exrules]
    if rule.exdates:
        excluded.append(f"on {_dates(rule.exdates)}")
    if excluded:
        said += f", except {_and(excluded)}"
    ends = {_until(until) for _, until in rule.rules}
    if len(ends) == 1:
        end = ends.pop()
    else:
        end = ", until its parts end" if all(until or each._count for each, until in rule.rules) else ""
    return f"{said}, {rule.zone_name}, from {_moment(rule.start)}{end}"


def _rule(rule: Any) -> str:
    unit = UNITS[rule._freq]
    said = f"every {rule._interval} {unit}s" if rule._interval > 1 else f"every {unit}"
    if rule._bysetpos:
        said += f", the {_and(_ordinal(position) for position in rule._bysetpos)} of its times"
    said = " ".join([said, *_days(rule), *_times(rule)])
    if rule._count is not None:
        said += ", once" if rule._count == 1 else f", {rule._count} times"
    return said


def _days(rule: Any) -> Iterator[str]:
    if rule._byweekday:
        yield f"on {_runs(rule._byweekday, DAYS)}"
    if rule._bynweekday:
        yield f"on the {_and(f'{_ordinal(n)} {DAYS[day]}' for day, n in rule._bynweekday)}"
    if rule._bymonthday or rule._bynmonthday:
        counted = [str(day) for day in rule._bymonthday]
        backwards = ["the last day" if day == -1 else f"the {_ordinal(day)} day" for day in rule._bynmonthday]
        yield f"on {_and([*([_numbered('day', counted)] if counted else []), *backwards])}"
    if rule._byyearday:
        yield f"on {_numbered('day', map(str, rule._byyearday))} of the year"
    if rule._byweekno:
        yield f"in {_numbered('week', map(str, rule._byweekno))}"
    if rule._byeaster:
        yield f"on {_and(_from_easter(offset) for offset in rule._byeaster)}"
    if rule._bymonth:
        yield f"in {_runs([month - 1 for month in rule._bymonth], MONTHS)}"


def _times(rule: Any) -> Iterator[str]:
    if rule._freq < HOURLY:
        shown = [f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}" for time in rule._timeset]
        many = f"{len(shown)} times a day, from {shown[0]} to {shown[-1]}"
        yield many if len(shown) > MOST_LISTED else f"at {_and(shown)}"
        return
    if rule._byhour:
        yield f"in {_numbered('hour', _shortened(rule._byhour))}"
    if rule._freq == HOURLY:
        if tuple(rule._byminute) != (0,):
            yield f"at {_numbered('minute', _shortened(sorted(rule._byminute)))}"
    elif rule._byminute:
        yield f"at {_numbered('minute', _shortened(rule._byminute))}"
    if tuple(rule._bysecond) != (0,):
        yield f"at {_numbered('second', _shortened(rule._bysecond))}"


def _until(until: datetime | None) -> str:
    if until is None:
        return ""
    return f" until {_moment(until)}" + (" UTC" if until.tzinfo else "")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.second else f"{moment:%Y-%m-%d %H:%M}"


def _dates(moments: Sequence[datetime]) -> str:
    shown = [_moment(moment) for moment in sorted(moments)]
    return _and(shown if len(shown) <= MOST_LISTED else [*shown[:MOST_LISTED], f"{len(shown) - MOST_LISTED} more"])


def _shortened(numbers: Sequence[int]) -> list[str]:
    spans = list(_consecutive(numbers))
    return [str(first) if first == last else f"{first}–{last}" for first, last in spans]


def _runs(numbers: Sequence[int], names: Sequence[str]) -> str:
    """Mon–Fri rather than Mon, Tue, Wed, Thu and Fri."""
    said: list[str] = []
    for first, last in _consecutive(numbers):
        between = names[first : last + 1]
        said += [f"{between[0]}–{between[-1]}"] if len(between) > 2 else between
    return _and(said)


def _consecutive(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _numbered(noun: str, numbers: Iterable[str]) -> str:
    listed = list(numbers)
    plural = len(listed) > 1 or "–" in listed[0]
    return f"{noun}{'s' if plural else ''} {_and(listed)}"


def _ordinal(number: int) -> str:
    if number == -1:
        return "last"
    size = abs(number)
    ending = "th" if 10 <= size % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(size % 10, "th")
    return f"{size}{ending}" + (" to last" if number < 0 else "")


def _from_easter(offset: int) -> str:
    if not offset:
        return "Easter Sunday"
    days = "1 day" if abs(offset) == 1 else f"{abs(offset)} days"
    return f"{days} {'after' if offset > 0 else 'before'} Easter Sunday"


def _and(said: Iterable[str]) -> str:
    *most, last = said
    return f"{', '.join(most)} and {last}" if most else last
