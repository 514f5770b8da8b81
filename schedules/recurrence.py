"""Recurrence rules: text in, aware datetimes out.

Preview, `next_run` and firing all ask this module, so they cannot disagree:

* a local time that summer time skips is skipped, or shifted (`clock_changes`); COUNT is spent on it, as in AWX;
* a local time that comes twice counts the first time, or the last, or both; COUNT is spent on it once;
* the cost does not depend on how old DTSTART is, and every query ends: see `fast_forward`.

Times that come in may be of any zone but must be aware; times that go out are UTC unless stated otherwise.
"""

import heapq
import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from schedules.clock_changes import STANDARD, ClockPolicy, Gap, Overlap, entry, in_order
from schedules.exceptions import InvalidRule
from schedules.fast_forward import END, EXCLUSION, Allowance, Rule, SearchCut, from_seconds, to_seconds
from schedules.rule_text import NO_EXDATE, NO_RDATE, Contract, RuleText, complaints, guard, read, strictness
from schedules.rule_words import describe

__all__ = ["ClockPolicy", "Contract", "Gap", "InvalidRule", "Overlap", "RecurrenceSet", "load", "parse"]

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
    if found and (contract is Contract.DOCUMENTED or found[0] in (NO_EXDATE, NO_RDATE)):
        raise InvalidRule(*found)
    try:
        rule = read(text)
        recurrence = None if rule.has_seconds else RecurrenceSet(rule)
    except InvalidRule as error:
        found += [f"rrule parsing failed validation: {message}" for message in error.messages]
        raise InvalidRule(*found) from None
    if found:
        raise InvalidRule(*found)
    strictness(rule)
    recurrence = recurrence or RecurrenceSet(rule)
    # shows now whether the search will have to be cut
    recurrence.preview(datetime.min.replace(tzinfo=UTC))
    return recurrence


@lru_cache(maxsize=_CACHED_RULES)
def load(text: str, clock: ClockPolicy = STANDARD) -> "RecurrenceSet":
    """Reads a rule that was accepted earlier. Raises InvalidRule when it cannot be read."""
    guard(text)
    rule = read(text)
    strictness(rule)
    return RecurrenceSet(rule, clock)


class RecurrenceSet:
    """A rule that was read, ready to be asked for its occurrences.

    Every question raises InvalidRule when it cannot be answered within the bounds of the search.
    """

    def __init__(self, rule: RuleText, clock: ClockPolicy = STANDARD) -> None:
        self.text = rule.text
        self.clock = clock
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
        untils = [_last_instant(until, rule.zone) for _, until in rule.rules]
        self._ends = list(zip(rules, untils, strict=True))
        for each, other in itertools.product(self._rules, self._exrules):
            each.leave_out(other)
        self._exdates = frozenset(filter(None, (_wall_second(moment, rule.zone) for moment in rule.exdates)))
        self._repeated_exdates = frozenset(_second_readings(rule.exdates, rule.zone))
        self._written: dict[int, datetime] = {}
        for moment in rule.rdates:
            if (second := _wall_second(moment, rule.zone)) is not None:
                self._written[second] = moment
        self._rdates = sorted(self._written)

    def first(self) -> datetime | None:
        """The first occurrence: AWX's `dtstart`."""
        return next(self._real(0), None)

    def last(self) -> datetime | None:
        """The last occurrence: AWX's `dtend`. None when the rule never ends, or never begins."""
        return None if self._endless else next(self._real(END, forward=False), None)

    def after(self, moment: datetime, *, inclusive: bool = False) -> datetime | None:
        """The next occurrence after `moment`, or at it when `inclusive`."""
        moment = moment.astimezone(UTC)
        for instant in self._real(entry(moment, self.zone)):
            if instant > moment or (inclusive and instant == moment):
                return instant
        return None

    def before(self, moment: datetime, *, inclusive: bool = True) -> datetime | None:
        """The latest occurrence before `moment`, or at it when `inclusive`, however long ago."""
        moment = moment.astimezone(UTC)
        for instant in self._real(entry(moment, self.zone, forward=False), forward=False):
            if instant < moment or (inclusive and instant == moment):
                return instant
        return None

    def upcoming(self, moment: datetime, count: int, *, among: int | None = None) -> list[datetime]:
        """The next `count` occurrences after `moment`, in the rule's own zone.

        `among` bounds how many times of the rule are looked at, those that summer time skips included.
        """
        moment = moment.astimezone(UTC)
        found: list[datetime] = []
        looked_at = 0
        for local, instant in self._nominal(entry(moment, self.zone)):
            if len(found) == count or looked_at == among:
                break
            if instant is None:
                looked_at += _unreal_instant(local) > moment
            elif instant > moment:
                looked_at += 1
                found.append(local)
        return found

    def preview(self, moment: datetime) -> list[datetime]:
        """What AWX's preview shows at `moment`: up to ten of the next twenty, in the rule's own zone."""
        return self.upcoming(moment, PREVIEWED, among=2 * PREVIEWED)

    def between(self, start: datetime, end: datetime, *, limit: int) -> Iterator[datetime]:
        """The occurrences from `start` until before `end`, at most `limit` of them."""
        start = start.astimezone(UTC)
        since = self._real(entry(start, self.zone))
        inside = itertools.takewhile(lambda instant: instant < end, (each for each in since if each >= start))
        return itertools.islice(inside, limit)

    def describe(self) -> str:
        """The rule in plain English words."""
        return describe(self.source)

    def _real(self, since: int, *, forward: bool = True) -> Iterator[datetime]:
        return (instant for _, instant in self._nominal(since, forward=forward) if instant is not None)

    def _nominal(self, since: int, *, forward: bool = True) -> Iterator[tuple[datetime, datetime | None]]:
        """The rule's times in order: what the clock is to read, and when it does. None when it skips that."""
        allowance = Allowance(FRUITLESS_WORK)
        walk = self._as_awx if self.clock == STANDARD else self._by_policy
        try:
            yield from walk(since, allowance, forward=forward)
        except SearchCut:
            raise InvalidRule(_CUT) from None

    def _as_awx(
        self, since: int, allowance: Allowance, *, forward: bool
    ) -> Iterator[tuple[datetime, datetime | None]]:
        for second in self._wall_seconds(since, allowance, forward=forward):
            local = self._local(second)
            instants = self.clock.instants(local)
            if not instants:
                allowance.spend()
            yield local, instants[0] if instants else None

    def _by_policy(
        self, since: int, allowance: Allowance, *, forward: bool
    ) -> Iterator[tuple[datetime, datetime]]:
        times = (
            (second, self._standing(second, allowance))
            for second in self._wall_seconds(since, allowance, forward=forward)
        )
        for instant in in_order(times, self.zone, forward=forward):
            yield instant.astimezone(self.zone), instant

    def _standing(self, second: int, allowance: Allowance) -> tuple[datetime, ...]:
        """When a wall second comes, as far as the rule goes and nothing excludes it there."""
        instants = self.clock.instants(self._local(second))
        standing = tuple(instant for instant in instants if self._stands(second, instant, allowance))
        if not standing:
            allowance.spend()
        return standing

    def _stands(self, second: int, instant: datetime, allowance: Allowance) -> bool:
        shown = instant.astimezone(self.zone)
        read = to_seconds(shown)
        if read == second and not shown.fold:
            return True
        if instant in self._repeated_exdates or (read != second and self._is_excluded(read, allowance)):
            return False
        return second in self._written or any(
            (end is None or instant <= end) and rule.has(second, allowance) for rule, end in self._ends
        )

    def _local(self, second: int) -> datetime:
        return self._written.get(second) or from_seconds(second).replace(tzinfo=self.zone)

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
            if self._is_excluded(second, allowance):
                allowance.spend(EXCLUSION)
                continue
            yield second

    def _is_excluded(self, second: int, allowance: Allowance) -> bool:
        return second in self._exdates or any(rule.has(second, allowance) for rule in self._exrules)


def _unreal_instant(local: datetime) -> datetime:
    """When a clock would read what it skips, had it not been put forward."""
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _wall_second(moment: datetime, zone: tzinfo) -> int | None:
    """What the clock of `zone` reads at `moment`; None for the second of two equal readings."""
    try:
        local = moment.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return None
    return None if local.fold else to_seconds(local)


def _second_readings(moments: Iterable[datetime], zone: tzinfo) -> Iterator[datetime]:
    """Those at which the clock of `zone` reads a time again, in UTC."""
    for moment in moments:
        try:
            local = moment.astimezone(UTC).astimezone(zone)
        except OverflowError:
            continue
        if local.fold:
            yield moment.astimezone(UTC)


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


def _last_instant(until: datetime | None, zone: tzinfo) -> datetime | None:
    """The instant of UNTIL."""
    if until is None:
        return None
    try:
        return (until if until.tzinfo else until.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None if until.year > 5000 else datetime.min.replace(tzinfo=UTC)


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
