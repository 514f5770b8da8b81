"""When a schedule runs next, and the wake-ups that make it punctual.

Beat polls every SCHEDULER_POLL_INTERVAL seconds; in between, a delayed poll is planned for each second at which
something is due. A wake-up that is lost costs lateness, never a run; one that comes twice does nothing.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from schedules.models import Schedule
from schedules.recurrence import load

logger = logging.getLogger(__name__)

# A poll that comes a hair before its time finds nothing, so wake-ups come a hair after.
AFTER_THE_SECOND = timedelta(milliseconds=10)
# Beats are not exact; what is due just after the next one is planned by this one too.
OVERLAP = timedelta(seconds=5)


def compute_times(schedule: Schedule, *, now: datetime) -> None:
    """Set `dtstart`, `dtend` and `next_run` from the rule. Nothing is saved. Raises recurrence.InvalidRule."""
    rule = load(schedule.rrule)
    schedule.dtstart, schedule.dtend = rule.first(), rule.last()
    schedule.next_run = rule.after(now) if schedule.enabled else None
    schedule.quarantine_reason = ""


def horizon(now: datetime) -> datetime:
    """Up to when a wake-up is needed: what is due later is found by the next beat."""
    return now + timedelta(seconds=settings.SCHEDULER_POLL_INTERVAL) + OVERLAP


def plan_wakeups(instants: Iterable[datetime], *, now: datetime) -> None:
    """Ask for a poll at each of the instants before the next beat. A broker that is down costs lateness only."""
    try:
        for instant in sorted({instant for instant in instants if now < instant <= horizon(now)}):
            current_app.send_task(
                "schedules.tasks.poll_schedules",
                kwargs={"wakeup": True},
                eta=instant + AFTER_THE_SECOND,
                retry=False,
            )
    except OperationalError as error:
        logger.warning("The broker takes no wake-ups (%s); the next beat finds what is due.", error)


def upcoming_instants(now: datetime) -> list[datetime]:
    """The distinct instants at which something is due before the next beat."""
    due = Schedule.objects.due_between(now, horizon(now))
    return list(due.order_by("next_run").values_list("next_run", flat=True).distinct())  # type: ignore[arg-type]
