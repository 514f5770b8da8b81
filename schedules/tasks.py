from celery import shared_task
from django.utils import timezone

from jobs.execution.maintenance import maintain
from schedules.backfilling import step_backfills as step
from schedules.planning import plan_wakeups, upcoming_instants
from schedules.poller import launch_due


@shared_task
def poll_schedules(*, wakeup: bool = False) -> int:
    """Launch what is due; returns the number of runs.

    A poll of beat's also goes on with backfills, looks after the runs that lost their worker, and plans the wake-ups
    until the next beat.
    """
    now = timezone.now()
    tick = launch_due(now)
    if wakeup:
        plan_wakeups(tick.next_runs, now=timezone.now())
    else:
        plan_wakeups(upcoming_instants(now), now=timezone.now())
        maintain()
        step(now)
    return tick.launched


@shared_task
def step_backfills() -> int:
    """Go on with the backfills that may launch more; returns the number of runs."""
    return step(timezone.now())
