from celery import shared_task
from django.utils import timezone

from schedules.planning import plan_wakeups, upcoming_instants
from schedules.poller import launch_due


@shared_task
def poll_schedules(wakeup: bool = False) -> int:
    """Launch what is due; returns the number of runs. A beat also plans the wake-ups until the next beat."""
    now = timezone.now()
    tick = launch_due(now)
    plan_wakeups(tick.next_runs if wakeup else upcoming_instants(now), now=timezone.now())
    return tick.launched
