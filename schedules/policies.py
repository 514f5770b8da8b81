"""A schedule's own policy, as the tick and the forecast follow it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from schedules.decisions import ALWAYS, MissedPolicy, Outcome, Policy, Quiet, apart
from schedules.models import Schedule

# A wake-up may be lost, and the beat after it take a while: what is later than two of them was missed.
POLLS_OF_GRACE = 2
_KEPT = 256


def grace() -> timedelta:
    """How late a launch may be and still be on time."""
    return timedelta(seconds=POLLS_OF_GRACE * settings.SCHEDULER_POLL_INTERVAL)


def policy_of(schedule: Schedule, quiet: Iterable[Quiet]) -> Policy:
    """What it says itself; `quiet` are times at which nothing is launched for other reasons."""
    own = _policy(schedule.missed_policy, schedule.missed_limit, schedule.starting_deadline_seconds, grace())
    quiet = [*quiet, *_pause(schedule)]
    return replace(own, quiet=apart(quiet)) if quiet else own


@lru_cache(maxsize=_KEPT)
def _policy(missed: str, limit: int, deadline: int | None, grace: timedelta) -> Policy:
    """What most schedules say is the same."""
    return Policy(
        missed=MissedPolicy(missed),
        limit=limit,
        deadline=None if deadline is None else timedelta(seconds=deadline),
        grace=grace,
    )


def system_pause(now: datetime) -> Quiet:
    """For what a change settles while the whole system is paused: all that came due until now."""
    reason = "The system was paused, and the schedule was changed before it went on."
    return Quiet(ALWAYS, now + timedelta.resolution, Outcome.PAUSED, reason)


def _pause(schedule: Schedule) -> list[Quiet]:
    """Whatever came due before the pause was set was recorded then (schedules/editing.py)."""
    until = schedule.paused_until
    if until is None:
        return []
    return [Quiet(ALWAYS, until, Outcome.PAUSED, pause_in_words(until, schedule.pause_note))]


def pause_in_words(until: datetime, note: str) -> str:
    text = f"The schedule is paused until {until:%Y-%m-%d %H:%M:%S} UTC"
    return f"{text}: {note}" if note else f"{text}."
