"""Which days of a year a recurrence rule matches.

The answer is python-dateutil's own: its masks (`_iterinfo`, a private name, hence the exact pin) are asked
once for every shape of a year, of which the Gregorian calendar has few.
"""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import lru_cache
from typing import Any

from dateutil import rrule as dateutil_rrule
from dateutil.easter import easter
from dateutil.rrule import MONTHLY, WEEKLY


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

    @classmethod
    def of(cls, rule: Any) -> "DayFilter":
        """The filter of a python-dateutil rule."""
        parts = {name: getattr(rule, name) for name in cls.__dataclass_fields__}
        if rule._freq != WEEKLY and not rule._byweekno:
            parts["_wkst"] = 0
        return cls(**parts)

    @property
    def by_easter(self) -> bool:
        """Whether days follow Easter, which does not repeat as the rest of the calendar does."""
        return bool(self._byeaster)

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
        return _like_year(year, near=bool(self._byweekno or self._byyearday), with_easter=self.by_easter)


@lru_cache(maxsize=32_768)
def _like_year(year: int, *, near: bool, with_easter: bool) -> int:
    """A year of the same shape, so that what is worked out serves some dozens of shapes, not 9,999 years.

    `near` when the years beside it count too, `with_easter` when Easter must fall on the same day.
    """
    if year == 1 or year > MAXYEAR - 2:
        return year
    shape = (date(year, 1, 1).weekday(), isleap(year)) + (
        (isleap(year - 1), isleap(year + 1)) if near else ()
    )
    return _SHAPES.setdefault((*shape, easter(year).timetuple().tm_yday if with_easter else None), year)


_SHAPES: dict[tuple[object, ...], int] = {}


@lru_cache(maxsize=4096)
def _matching_days(rule: DayFilter, year: int) -> tuple[int, ...]:
    iterinfo: Any = dateutil_rrule._iterinfo
    masks = iterinfo(rule)
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
            of_year, length = (
                (day, masks.yearlen) if day < masks.yearlen else (day - masks.yearlen, masks.nextyearlen)
            )
            if of_year + 1 not in rule._byyearday and of_year - length not in rule._byyearday:
                continue
        yield day
