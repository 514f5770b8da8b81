import logging

from celery import shared_task
from django.utils import timezone

from jobs.execution.maintenance import maintain
from observability.counting import fold
from schedules import heartbeat
from schedules.backfilling import step_backfills as step
from schedules.figures import count_tick
from schedules.planning import plan_another_for_what_is_left, plan_wakeups, upcoming_instants
from schedules.poller import launch_due

logger = logging.getLogger(__name__)


@shared_task
def poll_schedules(*, wakeup: bool = False) -> int:
    """Launch what is due; returns the number of runs.

    A poll of beat's also looks after the runs that lost their worker, plans the wake-ups until the next beat, goes on
    with backfills, and has the heartbeat sent.
    """
    now = timezone.now()
    tick = launch_due(now)
    count_tick(tick, took=timezone.now() - now, wakeup=wakeup)
    if tick.launched or tick.quarantined:
        logger.info(
            "A tick launched %s runs.",
            tick.launched,
            extra={"action": "tick", "launched": tick.launched, "quarantined": tick.quarantined},
        )
    plan_another_for_what_is_left(now)
    if wakeup:
        plan_wakeups(tick.next_runs, now=timezone.now())
    else:
        plan_wakeups(upcoming_instants(now), now=timezone.now())
        maintain()
        step(now)
        fold()
        heartbeat.plan_heartbeat()
    return tick.launched


@shared_task(ignore_result=True)
def send_heartbeat() -> None:
    """Tell whoever watches from outside that ticks go on."""
    heartbeat.send_heartbeat()


@shared_task
def step_backfills() -> int:
    """Go on with the backfills that may launch more; returns the number of runs."""
    return step(timezone.now())
