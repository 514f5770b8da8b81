"""One recurrence rule in naive local time, entered at any moment without walking there from its start.

Times are whole seconds since 0001-01-01 less one day (`datetime.toordinal() * 86400 + seconds of the day`),
without a zone: python-dateutil steps in wall time too, so summer time plays no part here.

What an occurrence is follows python-dateutil to the letter; its parser reads the rule and its masks say which
days of a year match (`_iterinfo`: private, hence the exact pin). Only the walk is ours: it starts at any
period, goes either way, and passes a year without a matching day in one step.
"""

from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime
from functools import lru_cache
from math import gcd, lcm
from typing import Any

from dateutil import rrule as dateutil_rrule
from dateutil.easter import easter
from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, WEEKLY, YEARLY

DAY = 86400
LAST_DAY = date.max.toordinal()
END = (LAST_DAY + 1) * DAY - 1

# The Gregorian calendar repeats: 400 years are 4,800 months, 20,871 weeks, 146,097 days, so a search
# that found nothing in a common multiple of this and the interval has seen all there is.
CYCLE_YEARS = 400
CYCLE_DAYS = 146_097


# What fruitless steps cost, in units of an allowance: 0.3 to 0.5 µs.
YEAR = 4
BARREN_YEAR = 10
PERIOD = 8
EXCLUSION = 16


class SearchCut(Exception):
    """The allowance ran out before the search came to an answer."""


class Allowance:
    """How much fruitless work one query may do."""

    def __init__(self, units: int) -> None:
        self._units = units

    def spend(self, units: int = 1) -> None:
        self._units -= units
        if self._units < 0:
            raise SearchCut


def to_seconds(moment: datetime) -> int:
    return moment.toordinal() * DAY + moment.hour * 3600 + moment.minute * 60 + moment.second


def from_seconds(seconds: int) -> datetime:
    day, rest = divmod(seconds, DAY)
    on = date.fromordinal(day)
    return datetime(on.year, on.month, on.day, rest // 3600, rest // 60 % 60, rest % 60)


@dataclass(frozen=True)
class DayFilter:
    """The parts of a rule that choose days, as python-dateutil keeps them in a rule object."""

    _freq: int
    _wkst: int
    _bymonth: tuple[int, ...] | None
    _byweekno: tuple[int, ...] | None
    _byyearday: tuple[int, ...] | None
    _byeaster: tuple[int, ...] | None
    _bymonthday: tuple[int, ...]
    _bynmonthday: tuple[int, ...]
    _byweekday: tuple[int, ...] | None
    _bynweekday: tuple[tuple[int, int], ...] | None

    @property
    def takes_all(self) -> bool:
        return not (
            self._bymonth
            or self._byweekno
            or self._byyearday
            or self._byeaster
            or self._bymonthday
            or self._bynmonthday
            or self._byweekday
            or self._bynweekday
        )

    def days(self, year: int) -> tuple[int, ...]:
        """The days of `year` that match, 0 for January 1.

        A weekly rule's list runs on for 7 days into the next year, because a week belongs to the year it
        starts in.
        """
        return _matching_days(self, self.like(year))

    def like(self, year: int) -> int:
        """A year in which the same days match."""
        return _like_year(year, near=bool(self._byweekno or self._byyearday), with_easter=bool(self._byeaster))


@lru_cache(maxsize=32_768)
def _like_year(year: int, *, near: bool, with_easter: bool) -> int:
    """A year of the same shape, so that what is worked out serves some dozens of shapes, not 9,999 years.

    `near` when the years beside it count too, `with_easter` when Easter must fall on the same day.
    """
    if year == 1 or year > MAXYEAR - 2:
        return year
    shape = (date(year, 1, 1).weekday(), isleap(year)) + ((isleap(year - 1), isleap(year + 1)) if near else ())
    return _SHAPES.setdefault((*shape, easter(year).timetuple().tm_yday if with_easter else None), year)


_SHAPES: dict[tuple[object, ...], int] = {}


@lru_cache(maxsize=4096)
def _matching_days(rule: DayFilter, year: int) -> tuple[int, ...]:
    masks: Any = dateutil_rrule._iterinfo(rule)  # type: ignore[attr-defined]
    beyond = 7 if rule._freq == WEEKLY else 0
    if rule._freq == MONTHLY and rule._bynweekday:
        found: list[int] = []
        for month in range(1, 13):
            masks.rebuild(year, month)
            found += _matching(rule, masks, range(*masks.mrange[month - 1 : month + 1]))
        return tuple(found)
    # the masks of week numbers look at the year before
    masks.rebuild(max(year, 2) if rule._byweekno else year, 1)
    return tuple(_matching(rule, masks, range(masks.yearlen + beyond)))


def _matching(rule: DayFilter, masks: Any, days: range) -> Iterator[int]:
    for day in days:
        if rule._bymonth and masks.mmask[day] not in rule._bymonth:
            continue
        if rule._byweekno and not masks.wnomask[day]:
            continue
        if rule._byweekday and masks.wdaymask[day] not in rule._byweekday:
            continue
        if masks.nwdaymask and not masks.nwdaymask[day]:
            continue
        if rule._byeaster and not masks.eastermask[day]:
            continue
        if (
            (rule._bymonthday or rule._bynmonthday)
            and masks.mdaymask[day] not in rule._bymonthday
            and masks.nmdaymask[day] not in rule._bynmonthday
        ):
            continue
        if rule._byyearday:
            of_year, length = (day, masks.yearlen) if day < masks.yearlen else (day - masks.yearlen, masks.nextyearlen)
            if of_year + 1 not in rule._byyearday and of_year - length not in rule._byyearday:
                continue
        yield day


class Walk:
    """The endless occurrences of one rule: COUNT and UNTIL are left to `Rule`."""

    def __init__(self, rule: Any) -> None:
        self.interval: int = rule._interval
        self.start = to_seconds(rule._dtstart)
        self.filter = DayFilter(
            rule._freq,
            rule._wkst,
            rule._bymonth,
            rule._byweekno,
            rule._byyearday,
            rule._byeaster,
            rule._bymonthday,
            rule._bynmonthday,
            rule._byweekday,
            rule._bynweekday,
        )
        self.positions: tuple[int, ...] = tuple(sorted(set(rule._bysetpos or ())))

    @property
    def parts(self) -> tuple[object, ...]:
        """Equal for two rules that have the same occurrences, before COUNT and UNTIL."""
        raise NotImplementedError

    def ascending(self, since: int, allowance: Allowance) -> Iterator[int]:
        """The occurrences from `since` on, in order."""
        raise NotImplementedError

    def descending(self, until: int, allowance: Allowance) -> Iterator[int]:
        """The occurrences up to `until`, latest first."""
        raise NotImplementedError

    def has(self, moment: int) -> bool:
        raise NotImplementedError

    def _chosen(self, days: Sequence[int], times: Sequence[int]) -> list[tuple[int, int]]:
        """What BYSETPOS leaves of one period: pairs of a day and a time."""
        total = len(days) * len(times)
        at = {position - 1 if position > 0 else total + position for position in self.positions}
        return [
            (days[index // len(times)], times[index % len(times)]) for index in sorted(at) if 0 <= index < total
        ]


class PeriodWalk(Walk):
    """YEARLY, MONTHLY and WEEKLY: periods of several days, each day with the same times."""

    def __init__(self, rule: Any) -> None:
        super().__init__(rule)
        self.freq: int = rule._freq
        self.times = tuple(time.hour * 3600 + time.minute * 60 + time.second for time in rule._timeset)
        first: datetime = rule._dtstart
        self._first_day = first.toordinal()
        self._first_week = self._first_day - (first.weekday() - rule._wkst) % 7
        self._first_unit = first.year if self.freq == YEARLY else first.year * 12 + first.month - 1
        in_cycle = {YEARLY: CYCLE_YEARS, MONTHLY: CYCLE_YEARS * 12, WEEKLY: CYCLE_DAYS // 7}[self.freq]
        self._cycle_years = CYCLE_YEARS * (lcm(self.interval, in_cycle) // in_cycle)
        longest = {YEARLY: 366, MONTHLY: 31, WEEKLY: 7}[self.freq] * len(self.times)
        self._never = bool(self.positions) and min(map(abs, self.positions)) > longest
        self._barren: set[tuple[int, int]] = set()

    @property
    def parts(self) -> tuple[object, ...]:
        return (self.interval, self.start, self.filter, self.positions, self.times)

    def ascending(self, since: int, allowance: Allowance) -> Iterator[int]:
        since = max(since, self.start)
        if self._never or since > END:
            return
        found_in = date.fromordinal(since // DAY).year
        index, entered = self._index(since // DAY), 0
        barren: tuple[int, int] | None = None
        while (first := self._first_of(index)) <= LAST_DAY:
            year = date.fromordinal(first).year
            if year > found_in + self._cycle_years + 1 and not self.filter._byeaster:
                return
            if year != entered:
                if barren:
                    self._barren.add(barren)
                whole = index == self._index_in_year(year) and first * DAY >= since
                entered, barren = year, self._shape(year) if whole else None
                if barren in self._barren:
                    allowance.spend(BARREN_YEAR)
                    index = max(index + 1, self._index_in_year(year + 1))
                    continue
            some = False
            for moment in self._moments(self._days(index, first, year), since // DAY):
                if moment >= since:
                    some = True
                    yield moment
            if some:
                found_in, barren = year, None
            else:
                allowance.spend(PERIOD + len(self.positions) // 4)
            index = self._next_index(index, year)

    def descending(self, until: int, allowance: Allowance) -> Iterator[int]:
        if until < self.start or self._never:
            return
        index = self._index(min(until // DAY, LAST_DAY))
        found_in = date.fromordinal(min(until // DAY, LAST_DAY)).year
        while index >= 0:
            if (first := self._first_of(index)) > LAST_DAY:
                index -= 1
                continue
            year = date.fromordinal(first).year
            if year < found_in - self._cycle_years - 1 and not self.filter._byeaster:
                return
            if not self.filter.days(year) or self._shape(year) in self._barren:
                allowance.spend(BARREN_YEAR)
                index = min(index, self._index_in_year(year)) - 1
                continue
            some = False
            for moment in self._moments_backwards(self._days(index, first, year), until // DAY):
                if self.start <= moment <= until:
                    some = True
                    yield moment
            if some:
                found_in = year
            else:
                allowance.spend(PERIOD + len(self.positions) // 4)
            index -= 1

    def has(self, moment: int) -> bool:
        day, time = divmod(moment, DAY)
        if moment < self.start or time not in self.times:
            return False
        index = self._index(day)
        first = self._first_of(index)
        days = self._days(index, first, date.fromordinal(first).year)
        if self.positions:
            return (day, time) in self._chosen(days, self.times)
        at = bisect_left(days, day)
        return at < len(days) and days[at] == day

    def _index(self, day: int) -> int:
        """The latest period that begins no later than `day`."""
        if self.freq == WEEKLY:
            return max(0, (day - self._first_week) // (7 * self.interval))
        on = date.fromordinal(day)
        unit = on.year if self.freq == YEARLY else on.year * 12 + on.month - 1
        return max(0, (unit - self._first_unit) // self.interval)

    def _index_in_year(self, year: int) -> int:
        """The first period that begins in `year` or later."""
        if self.freq == WEEKLY:
            if year > MAXYEAR:
                return (LAST_DAY - self._first_week) // (7 * self.interval) + 1
            return -((self._first_week - date(year, 1, 1).toordinal()) // (7 * self.interval))
        unit = year if self.freq == YEARLY else year * 12
        return -((self._first_unit - unit) // self.interval)

    def _next_index(self, index: int, year: int) -> int:
        """The next period that may have a matching day, periods of later years aside."""
        matching = self.filter.days(year)
        new_year = date(year, 1, 1).toordinal()
        at = bisect_left(matching, self._first_of(index + 1) - new_year)
        ahead = self._index(min(new_year + matching[at], LAST_DAY)) if at < len(matching) else self._index_in_year(year + 1)
        return max(index + 1, ahead)

    def _shape(self, year: int) -> tuple[int, int] | None:
        """Equal for years that have the same occurrences: the same days match, and periods begin on the same.

        None for the year in which the rule starts.
        """
        first = self._index_in_year(year)
        return (self.filter.like(year), self._first_of(first) - date(year, 1, 1).toordinal()) if first > 0 else None

    def _first_of(self, index: int) -> int:
        """The first day of a period, beyond `LAST_DAY` when the calendar has ended."""
        if self.freq == WEEKLY:
            return self._first_week + 7 * self.interval * index if index else self._first_day
        unit = self._first_unit + self.interval * index
        year, month = (unit, 0) if self.freq == YEARLY else divmod(unit, 12)
        return date(year, month + 1, 1).toordinal() if year <= MAXYEAR else LAST_DAY + 1

    def _days(self, index: int, first: int, year: int) -> list[int]:
        matching = self.filter.days(year)
        new_year = date(year, 1, 1).toordinal()
        if self.freq == YEARLY:
            return [new_year + day for day in matching]
        if self.freq == MONTHLY:
            month = date.fromordinal(first).month
            after = date(year, month + 1, 1).toordinal() if month < 12 else new_year + 365 + isleap(year)
        else:
            after = min(self._first_week + 7 * self.interval * index + 7, LAST_DAY + 1)
        since, before = bisect_left(matching, first - new_year), bisect_left(matching, after - new_year)
        return [new_year + day for day in matching[since:before]]

    def _moments(self, days: list[int], since: int) -> Iterator[int]:
        if self.positions:
            for day, time in self._chosen(days, self.times):
                yield day * DAY + time
            return
        for day in days[bisect_left(days, since) :]:
            for time in self.times:
                yield day * DAY + time

    def _moments_backwards(self, days: list[int], until: int) -> Iterator[int]:
        if self.positions:
            for day, time in reversed(self._chosen(days, self.times)):
                yield day * DAY + time
            return
        for day in reversed(days[: bisect_right(days, until)]):
            for time in reversed(self.times):
                yield day * DAY + time


class StepWalk(Walk):
    """DAILY, HOURLY and MINUTELY: slots at even steps of wall time, each with the same times after it."""

    def __init__(self, rule: Any) -> None:
        super().__init__(rule)
        freq: int = rule._freq
        unit = {DAILY: 1440, HOURLY: 60, MINUTELY: 1}[freq]
        self._unit = unit
        self._step = unit * self.interval
        self._first_slot = self.start // 60 // unit * unit
        if freq == DAILY:
            times = [time.hour * 3600 + time.minute * 60 + time.second for time in rule._timeset]
            self._hours = self._minutes = None
        else:
            minutes = rule._byminute if freq == HOURLY else (0,)
            times = [minute * 60 + second for minute in minutes for second in rule._bysecond]
            self._hours = frozenset(rule._byhour) if rule._byhour else None
            self._minutes = frozenset(rule._byminute) if freq == MINUTELY and rule._byminute else None
        times.sort()
        if self.positions:
            times = [time for _, time in self._chosen((0,), times)]
        self.times = tuple(times)
        self._times = frozenset(times)
        self._slots: dict[int, Sequence[int]] = {}
        self._days_off: list[tuple[DayFilter, int]] = []
        cycle = CYCLE_DAYS * 1440
        self._cycle_years = CYCLE_YEARS * (lcm(self._step, cycle) // cycle)
        self._check_slots()

    def leave_out(self, other: "StepWalk", until: int) -> bool:
        """Leaves out the days on which `other` excludes every occurrence, up to `until`.

        False when this is not to be had, because `other` excludes only some times of a day.
        """
        if (
            self._step % other._step
            or other._hours is not None
            or other._minutes is not None
            or not self._times <= frozenset(self._minute_times(other))
        ):
            return False
        last = (until + 1) // DAY - 1
        self._days_off.append((other.filter, last))
        if other.filter.takes_all and last >= LAST_DAY:
            self.times = ()
        return True

    def _minute_times(self, other: "StepWalk") -> Iterator[int]:
        """The seconds after a slot of ours at which `other` has an occurrence."""
        for slot in range(0, self._unit, other._step) if other._step < self._unit else (0,):
            for time in other.times:
                yield slot * 60 + time

    def _check_slots(self) -> None:
        """python-dateutil finds out at the first step that no slot can ever fit, and says so in these words."""
        if not (self._hours or self._minutes):
            return
        common = gcd(self._step, 1440)
        if not any(self._fits(minute) for minute in range(self._first_slot % common, 1440, common)):
            raise ValueError("Invalid combination of interval and byhour resulting in empty rule.")

    @property
    def parts(self) -> tuple[object, ...]:
        return (self._step, self._first_slot, self.start, self.filter, self.times, self._hours, self._minutes)

    def ascending(self, since: int, allowance: Allowance) -> Iterator[int]:
        since = max(since, self.start)
        if not self.times or since > END:
            return
        for slot in self._slots_up(since // 60 // self._unit * self._unit, allowance):
            for time in self.times:
                if (moment := slot * 60 + time) >= since:
                    yield moment

    def descending(self, until: int, allowance: Allowance) -> Iterator[int]:
        if not self.times:
            return
        for slot in self._slots_down(min(until, END) // 60 // self._unit * self._unit, allowance):
            for time in reversed(self.times):
                if self.start <= (moment := slot * 60 + time) <= until:
                    yield moment

    def has(self, moment: int) -> bool:
        slot = moment // 60 // self._unit * self._unit
        if moment < self.start or (slot - self._first_slot) % self._step or moment - slot * 60 not in self._times:
            return False
        day = slot // 1440
        if not self._fits(slot % 1440):
            return False
        if self.filter.takes_all:
            return True
        on = date.fromordinal(day)
        days = self.filter.days(on.year)
        of_year = day - date(on.year, 1, 1).toordinal()
        at = bisect_left(days, of_year)
        return at < len(days) and days[at] == of_year

    def _fits(self, minute: int) -> bool:
        return (self._hours is None or minute // 60 in self._hours) and (
            self._minutes is None or minute % 60 in self._minutes
        )

    def _day_slots(self, day: int) -> Sequence[int]:
        """The minutes of `day` at which a slot begins."""
        offset = (self._first_slot - day * 1440) % self._step
        if offset >= 1440:
            return ()
        if self._hours is None and self._minutes is None:
            return range(offset, 1440, self._step)
        if offset not in self._slots:
            found: list[int] = []
            for hour in sorted(self._hours) if self._hours is not None else range(24):
                first = hour * 60 + (offset - hour * 60) % self._step if hour * 60 > offset else offset
                found += [minute for minute in range(first, hour * 60 + 60, self._step) if self._fits(minute)]
            self._slots[offset] = found
        return self._slots[offset]

    def _slots_up(self, since: int, allowance: Allowance) -> Iterator[int]:
        since = max(since, self._first_slot)
        found_in = year = date.fromordinal(since // 1440).year
        while year <= MAXYEAR and (self.filter._byeaster or year <= found_in + self._cycle_years + 1):
            allowance.spend(YEAR)
            for day in self._candidates(year, since // 1440, LAST_DAY):
                slots = self._day_slots(day)
                if day == since // 1440:
                    slots = slots[bisect_left(slots, since % 1440) :]
                if not slots:
                    allowance.spend()
                    continue
                found_in = year
                for minute in slots:
                    yield day * 1440 + minute
            year += 1

    def _slots_down(self, until: int, allowance: Allowance) -> Iterator[int]:
        if until < self._first_slot:
            return
        found_in = year = date.fromordinal(until // 1440).year
        first_year = date.fromordinal(self._first_slot // 1440).year
        while year >= first_year and (self.filter._byeaster or year >= found_in - self._cycle_years - 1):
            allowance.spend(YEAR)
            for day in reversed(self._candidates(year, self._first_slot // 1440, until // 1440)):
                slots = self._day_slots(day)
                if day == until // 1440:
                    slots = slots[: bisect_right(slots, until % 1440)]
                if day == self._first_slot // 1440:
                    slots = slots[bisect_left(slots, self._first_slot % 1440) :]
                if not slots:
                    allowance.spend()
                    continue
                found_in = year
                for minute in reversed(slots):
                    yield day * 1440 + minute
            year -= 1

    def _candidates(self, year: int, since: int, until: int) -> Sequence[int]:
        for days, last in self._days_off:
            if days.takes_all:
                since = max(since, last + 1)
        found = self._matching_candidates(year, since, until)
        new_year = date(year, 1, 1).toordinal()
        for days, last in self._days_off:
            off = frozenset(days.days(year))
            found = [day for day in found if day > last or day - new_year not in off]
        return found

    def _matching_candidates(self, year: int, since: int, until: int) -> Sequence[int]:
        """The days of `year` from `since` to `until` that match, or fewer: those a slot may fall on."""
        new_year = date(year, 1, 1).toordinal()
        lowest, highest = max(since, new_year), min(until, new_year + 364 + isleap(year))
        if self._step > 1440 and (self.filter.takes_all or self._step > 14400):
            return self._days_of_steps(year, new_year, lowest, highest)
        if self.filter.takes_all:
            return range(lowest, highest + 1)
        days = self.filter.days(year)
        return [new_year + day for day in days[bisect_left(days, lowest - new_year) : bisect_right(days, highest - new_year)]]

    def _days_of_steps(self, year: int, new_year: int, lowest: int, highest: int) -> list[int]:
        first = self._first_slot + -((self._first_slot - lowest * 1440) // self._step) * self._step
        stepped = [slot // 1440 for slot in range(first, (highest + 1) * 1440, self._step)]
        if self.filter.takes_all or not stepped:
            return stepped
        matching = frozenset(self.filter.days(year))
        return [day for day in stepped if day - new_year in matching]


class Rule:
    """One RRULE or EXRULE with its COUNT and UNTIL."""

    def __init__(self, rule: Any, until: int | None) -> None:
        """`rule` is a python-dateutil rule; `until` the last second that still counts, in local time."""
        self.walk: Walk = PeriodWalk(rule) if rule._freq < DAILY else StepWalk(rule)
        self.count: int | None = rule._count
        self.until = until
        self._counted: tuple[int, ...] | None = None

    @property
    def endless(self) -> bool:
        return self.count is None and self.until is None

    @property
    def parts(self) -> tuple[object, ...]:
        return (*self.walk.parts, self.count, self.until)

    def leave_out(self, other: "Rule") -> None:
        """Spares the walk days that the EXRULE `other` excludes as a whole; it may still be asked of each time."""
        if self.count is None and other.count is None and isinstance(self.walk, StepWalk) and isinstance(other.walk, StepWalk):
            self.walk.leave_out(other.walk, END if other.until is None else other.until)

    def ascending(self, since: int, allowance: Allowance) -> Iterator[int]:
        if self.count is not None:
            counted = self._all(allowance)
            yield from counted[bisect_left(counted, since) :]
            return
        if self.until is not None and since > self.until:
            return
        for moment in self.walk.ascending(since, allowance):
            if self.until is not None and moment > self.until:
                return
            yield moment

    def descending(self, until: int, allowance: Allowance) -> Iterator[int]:
        if self.count is not None:
            counted = self._all(allowance)
            yield from reversed(counted[: bisect_right(counted, until)])
            return
        yield from self.walk.descending(until if self.until is None else min(until, self.until), allowance)

    def has(self, moment: int, allowance: Allowance) -> bool:
        if self.until is not None and moment > self.until:
            return False
        if self.count is not None:
            counted = self._all(allowance)
            at = bisect_left(counted, moment)
            return at < len(counted) and counted[at] == moment
        return self.walk.has(moment)

    def _all(self, allowance: Allowance) -> tuple[int, ...]:
        """All occurrences of a rule with COUNT, which has to be counted from its start."""
        if self._counted is None:
            found: list[int] = []
            for moment in self.walk.ascending(self.walk.start, allowance):
                if len(found) == self.count or (self.until is not None and moment > self.until):
                    break
                found.append(moment)
            self._counted = tuple(found)
        return self._counted
