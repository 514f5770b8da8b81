"""What is to happen with a schedule that is due. Pure: a rule and instants in, a decision out."""

from dataclasses import dataclass, field
from datetime import datetime

from schedules.recurrence import RecurrenceSet

# So many missed instants get a ledger row each; one row stands for all beyond them.
MAX_MISSED_ROWS = 100


@dataclass(frozen=True, slots=True)
class Missed:
    """An instant that passed without a launch of its own; `through` is set where it stands for all up to that one."""

    scheduled_for: datetime
    through: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Launch once, for `scheduled_for`; record `missed` as coalesced into it; `next_run` is what comes after now."""

    scheduled_for: datetime
    next_run: datetime | None
    missed: list[Missed] = field(default_factory=list)


def decide(rule: RecurrenceSet, due: datetime, now: datetime) -> Decision:
    """`due` is the first unrecorded occurrence, at or before `now`.

    However many occurrences passed since, one launch stands for all (as AWX does it), and it is the latest's. The
    cost does not depend on how many there were.
    """
    following = rule.after(due)
    if following is None or following > now:
        return Decision(scheduled_for=due, next_run=following)
    latest = rule.before(now) or due
    return Decision(scheduled_for=latest, next_run=rule.after(now), missed=_missed(rule, due, latest))


def _missed(rule: RecurrenceSet, first: datetime, latest: datetime) -> list[Missed]:
    instants = [first]
    while len(instants) <= MAX_MISSED_ROWS:
        following = rule.after(instants[-1])
        if following is None or following >= latest:
            return [Missed(instant) for instant in instants]
        instants.append(following)
    rows = [Missed(instant) for instant in instants[:MAX_MISSED_ROWS]]
    return [*rows, Missed(instants[MAX_MISSED_ROWS], through=rule.before(latest, inclusive=False))]
