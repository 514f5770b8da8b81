"""Recurrence rules: text in, aware datetimes out.

Preview, `next_run` and firing all ask this module, so they cannot disagree:

* a local time that summer time skips is skipped (COUNT is spent on it, as in AWX);
* a local time that comes twice counts the first time;
* the cost does not depend on how old DTSTART is, and every query ends: see `fast_forward`.

Times that come in may be of any zone but must be aware; times that go out are UTC unless stated otherwise.
"""

import heapq
import itertools
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from schedules.exceptions import InvalidRule
from schedules.fast_forward import END, EXCLUSION, Allowance, Rule, SearchCut, from_seconds, to_seconds
from schedules.rule_text import Contract, RuleText, complaints, guard, read, strictness

__all__ = ["Contract", "InvalidRule", "RecurrenceSet", "load", "parse"]

FRUITLESS_WORK = 100_000
"""The allowance of one query: some 40 ms."""

PREVIEWED = 10
"""How many occurrences AWX's preview shows, out of twice as many that it looks at."""

_CUT = "No occurrence of this rule was found within the bounds of the search; it is refused."
_CACHED_RULES = 2048


def parse(text: str, *, contract: Contract) -> "RecurrenceSet":
    """Reads a rule that a client sent.

    Raises InvalidRule with everything that is wrong with it, in the words of the contract.
    """
    guard(text)
    found = complaints(text, contract)
    try:
        if found and (contract is Contract.DOCUMENTED or found[0].endswith("not allowed in rrule.")):
            raise InvalidRule(*found)
        rule = read(text)
        if not rule.has_seconds:
            RecurrenceSet(rule)
    except InvalidRule as error:
        if error.messages == found:
            raise
        raise InvalidRule(
            *found, *(f"rrule parsing failed validation: {message}" for message in error.messages)
        ) from None
    if found:
        raise InvalidRule(*found)
    strictness(rule)
    recurrence = RecurrenceSet(rule)
    recurrence.preview(datetime.min.replace(tzinfo=UTC))
    return recurrence


@lru_cache(maxsize=_CACHED_RULES)
def load(text: str) -> "RecurrenceSet":
    """Reads a rule that was accepted earlier. Raises InvalidRule when it cannot be read."""
    guard(text)
    rule = read(text)
    strictness(rule)
    return RecurrenceSet(rule)


class RecurrenceSet:
    """A rule that was read, ready to be asked for its occurrences.

    Every question raises InvalidRule when it cannot be answered within the bounds of the search.
    """

    def __init__(self, rule: RuleText) -> None:
        self.text = rule.text
        self.timezone = rule.zone_name
        self.until = _until_in_words(rule)
        self.zone: tzinfo = rule.zone
        self.source = rule
        self._start = to_seconds(rule.start)
        try:
            rules = [Rule(each, _last_second(until, rule.zone)) for each, until in rule.rules]
            self._exrules = [Rule(each, _last_second(until, rule.zone)) for each, until in rule.exrules]
        except ValueError as error:
            raise InvalidRule(str(error)) from error
        self._endless = any(each.endless for each in rules)
        excluded = {each.parts for each in self._exrules}
        self._rules = [each for each in rules if each.parts not in excluded]
        for each, other in itertools.product(self._rules, self._exrules):
            each.leave_out(other)
        self._exdates = frozenset(filter(None, (_wall_second(moment, rule.zone) for moment in rule.exdates)))
        self._written: dict[int, datetime] = {}
        for moment in rule.rdates:
            if (second := _wall_second(moment, rule.zone)) is not None:
                self._written[second] = moment
        self._rdates = sorted(self._written)

    def first(self) -> datetime | None:
        """The first occurrence: AWX's `dtstart`."""
        return next((occurrence.astimezone(UTC) for occurrence in self._real(0)), None)

    def last(self) -> datetime | None:
        """The last occurrence: AWX's `dtend`. None when the rule never ends, or never begins."""
        if self._endless:
            return None
        return next((occurrence.astimezone(UTC) for occurrence in self._real_backwards(END)), None)

    def after(self, moment: datetime, *, inclusive: bool = False) -> datetime | None:
        """The next occurrence after `moment`, or at it when `inclusive`."""
        for occurrence in self._real(_entry(moment, self.zone)):
            if occurrence > moment or (inclusive and occurrence == moment):
                return occurrence.astimezone(UTC)
        return None

    def before(self, moment: datetime, *, inclusive: bool = True) -> datetime | None:
        """The latest occurrence at or before `moment`, however long ago."""
        for occurrence in self._real_backwards(_entry(moment, self.zone, forward=False)):
            if occurrence < moment or (inclusive and occurrence == moment):
                return occurrence.astimezone(UTC)
        return None

    def upcoming(self, moment: datetime, count: int, *, among: int | None = None) -> list[datetime]:
        """The next `count` occurrences after `moment`, in the rule's own zone.

        `among` bounds how many times of the rule are looked at, those that summer time skips included.
        """
        found: list[datetime] = []
        looked_at = 0
        for second, occurrence in self._nominal(_entry(moment, self.zone)):
            if len(found) == count or looked_at == among:
                break
            if occurrence is None:
                looked_at += _as_instant(second, self.zone) > moment
            elif occurrence > moment:
                looked_at += 1
                found.append(occurrence)
        return found

    def preview(self, moment: datetime) -> list[datetime]:
        """What AWX's preview shows at `moment`: up to ten of the next twenty, in the rule's own zone."""
        return self.upcoming(moment, PREVIEWED, among=2 * PREVIEWED)

    def between(self, start: datetime, end: datetime, *, limit: int) -> Iterator[datetime]:
        """The occurrences from `start` until before `end`, at most `limit` of them."""
        found = 0
        for occurrence in self._real(_entry(start, self.zone)):
            if occurrence >= end or found == limit:
                return
            if occurrence >= start:
                found += 1
                yield occurrence.astimezone(UTC)

    def describe(self) -> str:
        """The rule in plain English words."""
        return self.text

    def _real(self, since: int) -> Iterator[datetime]:
        return (occurrence for _, occurrence in self._nominal(since) if occurrence is not None)

    def _real_backwards(self, until: int) -> Iterator[datetime]:
        return (occurrence for _, occurrence in self._nominal(until, forward=False) if occurrence is not None)

    def _nominal(self, since: int, *, forward: bool = True) -> Iterator[tuple[int, datetime | None]]:
        """The rule's wall times in order, each with its occurrence: None when the clock skips it."""
        allowance = Allowance(FRUITLESS_WORK)
        try:
            for second in self._wall_seconds(since, allowance, forward=forward):
                occurrence = self._written.get(second) or _existing(second, self.zone)
                if occurrence is None:
                    allowance.spend()
                yield second, occurrence
        except SearchCut:
            raise InvalidRule(_CUT) from None

    def _wall_seconds(self, since: int, allowance: Allowance, *, forward: bool) -> Iterator[int]:
        if forward:
            merged = heapq.merge(
                *(rule.ascending(since, allowance) for rule in self._rules),
                self._rdates[bisect_left(self._rdates, since) :],
            )
        else:
            merged = heapq.merge(
                *(rule.descending(since, allowance) for rule in self._rules),
                self._rdates[bisect_left(self._rdates, since + 1) - 1 :: -1]
                if self._rdates and self._rdates[0] <= since
                else (),
                reverse=True,
            )
        previous: int | None = None
        for second in merged:
            if second == previous:
                continue
            previous = second
            if second in self._exdates or any(rule.has(second, allowance) for rule in self._exrules):
                allowance.spend(EXCLUSION)
                continue
            yield second


def _existing(second: int, zone: tzinfo) -> datetime | None:
    """The aware time of a wall clock's reading, the first of two; None when the clock never shows it."""
    wall = from_seconds(second)
    local = wall.replace(tzinfo=zone)
    if zone is UTC:
        return local
    try:
        back = local.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return None
    return local if back.replace(tzinfo=None) == wall else None


def _as_instant(second: int, zone: tzinfo) -> datetime:
    try:
        return from_seconds(second).replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _wall_second(moment: datetime, zone: tzinfo) -> int | None:
    """What the clock of `zone` reads at `moment`; None for the second of two equal readings."""
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        return None
    return None if local.fold else to_seconds(local)


def _entry(moment: datetime, zone: tzinfo, *, forward: bool = True) -> int:
    """Where to enter the wall times so that none before (after) is later (earlier) than `moment`."""
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        return 0 if moment.year < 5000 else END
    second = to_seconds(local)
    # going back from the second of two equal readings, all of the first hour lies behind
    return second if forward or not local.fold else second + 86400


def _last_second(until: datetime | None, zone: tzinfo) -> int | None:
    """The last wall second that UNTIL lets pass."""
    if until is None:
        return None
    if until.tzinfo is None:
        return to_seconds(until)
    try:
        local = until.astimezone(zone)
    except OverflowError:
        return END if until.year > 5000 else 0
    second = to_seconds(local)
    if not local.fold:
        return second
    # UNTIL is in the repeated hour: every first reading of that hour is before it
    low, high = second, second + 86400
    while high - low > 1:
        middle = (low + high) // 2
        at = from_seconds(middle).replace(tzinfo=zone)
        low, high = (middle, high) if at.utcoffset() != at.replace(fold=1).utcoffset() else (low, middle)
    return low


def _until_in_words(rule: RuleText) -> str:
    for _, until in rule.rules:
        if until is not None:
            if until.tzinfo is None:
                return until.isoformat()
            try:
                return until.astimezone(rule.zone).replace(tzinfo=None).isoformat()
            except OverflowError:
                return until.replace(tzinfo=None).isoformat()
    return ""
