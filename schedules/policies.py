"""A schedule's own policy, as the tick and the forecast follow it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from schedules.decisions import ALWAYS, MissedPolicy, Outcome, Policy, Quiet, apart
from schedules.models import Schedule

# A wake-up may be lost, and the beat after it take a while: what is later than two of them was missed.
POLLS_OF_GRACE = 2


def grace() -> timedelta:
    """How late a launch may be and still be on time."""
    return timedelta(seconds=POLLS_OF_GRACE * settings.SCHEDULER_POLL_INTERVAL)


def policy_of(schedule: Schedule, quiet: Iterable[Quiet]) -> Policy:
    """What it says itself; `quiet` are times at which nothing is launched for other reasons."""
    seconds = schedule.starting_deadline_seconds
    return Policy(
        missed=MissedPolicy(schedule.missed_policy),
        limit=schedule.missed_limit,
        deadline=None if seconds is None else timedelta(seconds=seconds),
        grace=grace(),
        quiet=apart([*quiet, *_pause(schedule)]),
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
