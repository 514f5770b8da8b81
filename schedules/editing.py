"""Making, changing and switching schedules, so that no edit loses an occurrence or launches one twice."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.runtime_settings import is_paused
from schedules.models import Schedule
from schedules.planning import compute_times, plan_wakeups
from schedules.policies import system_pause
from schedules.poller import Tick, launch_locked

# A change of one of these means new occurrences; any other leaves `next_run` alone.
TIMING = ("rrule", "enabled", "dst_gap", "dst_overlap", "jitter_seconds")


def create_schedule(**values: Any) -> Schedule:
    """Save a new schedule and plan its first wake-up. Raises recurrence.InvalidRule."""
    now = timezone.now()
    schedule = Schedule(**values)
    compute_times(schedule, now=now)
    with transaction.atomic():
        schedule.save(force_insert=True)
        _plan_after_commit(schedule, now)
    return schedule


def change_schedule(schedule: Schedule, **values: Any) -> Schedule:
    """Apply `values`; an occurrence that came due before the change is launched first, as it was then.

    Raises recurrence.InvalidRule, and Schedule.DoesNotExist when it was deleted meanwhile.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
        is_retimed = any(name in values and values[name] != getattr(locked, name) for name in TIMING)
        if locked.enabled and locked.next_run is not None and locked.next_run <= now:
            _settle(locked, now, is_retimed=is_retimed)
        awaited = locked.next_occurrence
        for name, value in values.items():
            setattr(locked, name, value)
        if is_retimed:
            compute_times(locked, now=now, awaited=awaited)
        locked.save()
        _plan_after_commit(locked, now)
    return locked


@transaction.atomic
def settle(schedule: Schedule) -> None:
    """Before something else about it changes: launch what came due until now, as it was until now."""
    now = timezone.now()
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if locked.enabled and locked.next_run is not None and locked.next_run <= now:
        _settle(locked, now, is_retimed=False)


def _settle(schedule: Schedule, now: datetime, *, is_retimed: bool) -> None:
    """What came due before a change happens before it. While the system is paused it stays due, if it can."""
    if not is_paused():
        launch_locked([schedule], now, Tick())
    elif is_retimed:
        launch_locked([schedule], now, Tick(), system_pause(now))
    schedule.refresh_from_db()


def _plan_after_commit(schedule: Schedule, now: datetime) -> None:
    next_run = schedule.next_run
    if next_run is not None:
        transaction.on_commit(lambda: plan_wakeups([next_run], now=now))
