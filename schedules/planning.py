"""When a schedule runs next, and the wake-ups that make it punctual.

Beat polls every SCHEDULER_POLL_INTERVAL seconds; in between, a delayed poll is planned for each second at which
something is due. A wake-up that is lost costs lateness, never a run; one that comes twice does nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from access.runtime_settings import is_paused
from jobs.announcing import send_hint
from schedules.models import Schedule

# A poll that comes a hair before its time finds nothing, so wake-ups come a hair after.
AFTER_THE_SECOND = timedelta(milliseconds=10)
# Beats are not exact; what is due just after the next one is planned by this one too.
OVERLAP = timedelta(seconds=5)
# By then beats have polled.
OF_NO_USE_AFTER = timedelta(minutes=2)


def compute_times(schedule: Schedule, *, now: datetime, awaited: datetime | None = None) -> None:
    """Set `dtstart`, `dtend` and `next_run` from the rule. Nothing is saved. Raises recurrence.InvalidRule.

    `awaited` is an occurrence that has passed, but whose slot had not come: it stays the next while the rule has it.
    """
    rule = schedule.recurrence
    schedule.dtstart, schedule.dtend = rule.first(), rule.last()
    if awaited is not None and rule.after(awaited, inclusive=True) == awaited:
        now = min(now, awaited - timedelta(microseconds=1))
    schedule.next_run = schedule.launch_of(rule.after(now)) if schedule.enabled else None
    schedule.quarantine_reason = ""


def horizon(now: datetime) -> datetime:
    """Up to when a wake-up is needed: what is due later is found by the next beat."""
    return now + timedelta(seconds=settings.SCHEDULER_POLL_INTERVAL) + OVERLAP


def plan_wakeups(instants: Iterable[datetime], *, now: datetime) -> None:
    """Ask for a poll at each of the instants before the next beat. A broker that is down costs lateness only."""
    for instant in sorted({instant for instant in instants if now < instant <= horizon(now)}):
        plan_poll(instant)


def plan_poll(instant: datetime) -> None:
    """Ask for a poll at an instant."""
    send_hint(
        "schedules.tasks.poll_schedules",
        kwargs={"wakeup": True},
        eta=instant + AFTER_THE_SECOND,
        expires=instant + OF_NO_USE_AFTER,
    )


def plan_another_for_what_is_left(now: datetime) -> None:
    """After a poll: what was due and locked, by a change of it or another poller, is looked for a second later."""
    if Schedule.objects.due(now).exists() and not is_paused():
        plan_poll(now + timedelta(seconds=1))


def upcoming_instants(now: datetime) -> list[datetime]:
    """The distinct instants at which something is due before the next beat."""
    due = Schedule.objects.due_between(now, horizon(now))
    return list(due.order_by("next_run").values_list("next_run", flat=True).distinct())  # type: ignore[arg-type]
