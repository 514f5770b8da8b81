"""What is to happen with a schedule that is due. Pure: a rule, instants and a policy in, a decision out."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from schedules.models import Occurrence, Schedule
from schedules.recurrence import RecurrenceSet

Outcome = Occurrence.Outcome
MissedPolicy = Schedule.MissedPolicy

# So many instants without a launch get a ledger row each; beyond them one row stands for all of the same fate.
MAX_ROWS = 100
_KEPT = 2048
ALWAYS = datetime.min.replace(tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` until before `end` nothing is launched: what is due there ends as `outcome`, for `reason`."""

    start: datetime
    end: datetime
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a schedule does about times that it missed.

    `limit` counts for ALL alone. A launch later than `deadline` is dropped; up to `grace` it is on time, so that SKIP
    does not skip it. `quiet` are in order and apart from each other (`apart`).
    """

    missed: MissedPolicy = MissedPolicy.LATEST
    limit: int = 10
    deadline: timedelta | None = None
    grace: timedelta = timedelta(minutes=1)
    quiet: tuple[Quiet, ...] = ()

    @property
    def most_launches(self) -> int:
        return self.limit if self.missed == MissedPolicy.ALL else 1


@dataclass(frozen=True, slots=True)
class Ending:
    """An instant without a launch of its own, and why; `through` is set where it stands for all up to that one."""

    scheduled_for: datetime
    outcome: Outcome
    reason: str
    through: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Launch once for each of `launches`, record `endings`; `next_run` is what comes after now."""

    launches: list[datetime]
    next_run: datetime | None
    endings: list[Ending] = field(default_factory=list)


def decide(rule: RecurrenceSet, due: datetime, now: datetime, policy: Policy | None = None) -> Decision:
    """`due` is the first unrecorded occurrence, at or before `now`.

    The cost does not depend on how many occurrences passed since, but on how many of them are launched, and on how
    many quiet times lie between.
    """
    policy = policy or Policy()
    following = _following(rule, due)
    passed = _Passed(rule, due, now, is_only=following is None or following > now)
    launches = _launches(passed, policy)
    if passed.is_only and launches:
        return Decision(launches, following)
    return Decision(
        launches=launches,
        next_run=following if passed.is_only else rule.after(now),
        endings=_endings(passed, policy, launches),
    )


@lru_cache(maxsize=_KEPT)
def _following(rule: RecurrenceSet, due: datetime) -> datetime | None:
    """Of many schedules that are due together most share a rule."""
    return rule.after(due)


def apart(quiet: Iterable[Quiet]) -> tuple[Quiet, ...]:
    """The same times in order and without overlaps: where there are several reasons, that which began first counts."""
    found: list[Quiet] = []
    for each in sorted(quiet, key=lambda each: each.start):
        start = max(each.start, found[-1].end) if found else each.start
        if start < each.end:
            found.append(replace(each, start=start))
    return tuple(found)


def quiet_at(quiet: tuple[Quiet, ...], instant: datetime) -> Quiet | None:
    """The one of `quiet`, which are apart, that `instant` lies in."""
    place = bisect_right(quiet, instant, key=lambda each: each.start) - 1
    return quiet[place] if place >= 0 and instant < quiet[place].end else None


@dataclass(frozen=True, slots=True)
class _Passed:
    """The occurrences from `due`, which counts whatever the rule says of it, until `now`."""

    rule: RecurrenceSet
    due: datetime
    now: datetime
    is_only: bool

    def last(self) -> datetime:
        return self.due if self.is_only else max(self.rule.before(self.now) or self.due, self.due)

    def before(self, moment: datetime) -> datetime | None:
        if moment <= self.due:
            return None
        return max(self.rule.before(moment, inclusive=False) or self.due, self.due)

    def since(self, moment: datetime) -> datetime | None:
        """The first at or after `moment`."""
        if moment <= self.due:
            return self.due
        return None if self.is_only else self.rule.after(moment, inclusive=True)


def _launches(passed: _Passed, policy: Policy) -> list[datetime]:
    """The latest that may be launched, as many as the policy allows, the oldest first."""
    floor = passed.now - policy.deadline if policy.deadline is not None else ALWAYS
    if policy.missed == MissedPolicy.SKIP:
        floor = max(floor, passed.now - policy.grace)
    found: list[datetime] = []
    instant: datetime | None = passed.last()
    while instant is not None and instant >= floor:
        quiet = quiet_at(policy.quiet, instant)
        if quiet is None:
            found.append(instant)
            if len(found) == policy.most_launches:
                break
        instant = passed.before(quiet.start if quiet else instant)
    return found[::-1]


def _endings(passed: _Passed, policy: Policy, launches: list[datetime]) -> list[Ending]:
    found: list[Ending] = []
    for stretch in _stretches(passed, policy, launches):
        found += _rows(passed, stretch, MAX_ROWS - len(found))
    return found


def _stretches(passed: _Passed, policy: Policy, launches: list[datetime]) -> Iterator[Quiet]:
    """The time from due until now, cut where the fate of what is due there changes; what is launched is left out."""
    begin, end = passed.due, passed.now + _INSTANT
    # After the first launch there are only launches, outside of quiet times.
    open_end = launches[0] if launches else end
    for quiet in policy.quiet:
        if quiet.end <= begin:
            continue
        if quiet.start >= end:
            break
        yield from _open(passed, policy, launches, begin, min(quiet.start, open_end))
        yield replace(quiet, start=max(begin, quiet.start), end=min(quiet.end, end))
        begin = quiet.end
    yield from _open(passed, policy, launches, begin, min(end, open_end))


def _open(
    passed: _Passed, policy: Policy, launches: list[datetime], begin: datetime, end: datetime
) -> Iterator[Quiet]:
    """Between quiet times: what was missed."""
    if policy.missed == MissedPolicy.SKIP:
        on_time = passed.now - policy.grace
        reason = (
            f"Missed: noticed more than {policy.grace.total_seconds():g} s late, and the schedule skips that."
        )
        yield Quiet(begin, min(end, on_time), Outcome.SKIPPED, reason)
        begin = max(begin, on_time)
    yield Quiet(begin, end, *_fate(policy, launches))


def _fate(policy: Policy, launches: list[datetime]) -> tuple[Outcome, str]:
    """What becomes of those that the policy would have launched, or does not have to."""
    if len(launches) < policy.most_launches:
        seconds = policy.deadline.total_seconds() if policy.deadline is not None else 0
        return Outcome.TOO_LATE, f"Later than the schedule's starting deadline of {seconds:g} s."
    if policy.missed == MissedPolicy.ALL:
        return Outcome.SKIPPED, f"Missed: of all times missed the latest {policy.limit} are launched."
    return Outcome.COALESCED, "Missed: one launch, for the latest time missed, stands for all."


def _rows(passed: _Passed, stretch: Quiet, room: int) -> list[Ending]:
    """A row for each instant in a stretch while there is room, and one for all the others."""
    rows: list[Ending] = []
    instant = passed.since(stretch.start) if stretch.start < stretch.end else None
    while instant is not None and instant < stretch.end:
        ending = Ending(instant, stretch.outcome, stretch.reason)
        if len(rows) >= room:
            last = passed.before(stretch.end) or instant
            return [*rows, replace(ending, through=last if last > instant else None)]
        rows.append(ending)
        instant = passed.since(instant + _INSTANT)
    return rows
