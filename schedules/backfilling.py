"""Deciding what a backfill launches, launching it step by step, and stopping it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from access.runtime_settings import is_paused
from jobs.announcing import announce_work, send_hint
from jobs.kinds import templates_for_launch
from jobs.launching import insert_runs
from jobs.locks import LET_GO_WHEN_IDLE
from jobs.statuses import ACTIVE, UNSUCCESSFUL, LaunchType, OverlapPolicy
from schedules.backfills import MOST_OCCURRENCES, Backfill, BackfillPlace
from schedules.exceptions import InvalidBackfill
from schedules.launching import run_of
from schedules.models import Occurrence, Schedule
from schedules.refusals import overlap_for

logger = logging.getLogger(__name__)

STEP = "schedules.tasks.step_backfills"
# By then beat has polled.
OF_NO_USE_AFTER = timedelta(minutes=2)
NOTHING = "There was nothing to launch: the range has no occurrences, or none that did not run already."


class Ran(StrEnum):
    """What became of an occurrence before."""

    NEVER = "never"
    FAILED = "failed"
    ACTIVE = "active"
    SUCCESSFUL = "successful"


@dataclass(frozen=True, slots=True)
class Planned:
    scheduled_for: datetime
    ran: Ran
    is_launched: bool


def plan(backfill: Backfill, *, now: datetime) -> list[Planned]:
    """What an unsaved backfill would launch and leave out, in its order.

    Raises InvalidBackfill where it reaches into the future or has too many, and recurrence.InvalidRule.
    """
    schedule = backfill.schedule
    if backfill.end > now:
        raise InvalidBackfill("end", "A backfill is of times that have passed.")
    if backfill.start >= backfill.end:
        raise InvalidBackfill("end", "It must be later than start.")
    # From here on the poller launches them.
    end = min(backfill.end, schedule.next_occurrence or backfill.end)
    found = list(schedule.recurrence.between(backfill.start, end, limit=MOST_OCCURRENCES + 1))
    if len(found) > MOST_OCCURRENCES:
        raise InvalidBackfill("end", f"The range has more than {MOST_OCCURRENCES} occurrences.")
    before = _ran(schedule, backfill.start, end)
    launched = {
        Backfill.AlreadyRun.NONE: {Ran.NEVER},
        Backfill.AlreadyRun.FAILED: {Ran.NEVER, Ran.FAILED},
        Backfill.AlreadyRun.ALL: set(Ran),
    }[Backfill.AlreadyRun(backfill.already_run)]
    if backfill.order == Backfill.Order.BACKWARD:
        found.reverse()
    return [
        Planned(instant, ran, ran in launched)
        for instant in found
        for ran in (before.get(instant, Ran.NEVER),)
    ]


def _ran(schedule: Schedule, start: datetime, end: datetime) -> dict[datetime, Ran]:
    """Of the occurrences that ran: the best that became of each."""
    span = {"scheduled_for__gte": start, "scheduled_for__lt": end}
    launched = Occurrence.objects.filter(schedule=schedule, outcome=Occurrence.Outcome.LAUNCHED, **span)
    again = BackfillPlace.objects.filter(backfill__schedule=schedule, job__isnull=False, **span)
    found: dict[datetime, Ran] = {}
    rank = list(Ran)
    for rows in (launched, again):
        for instant, status in rows.values_list("scheduled_for", "job__status"):
            found[instant] = max(found.get(instant, Ran.NEVER), _ran_as(status), key=rank.index)
    return found


def _ran_as(status: str | None) -> Ran:
    """Of a run that is kept no more nothing bad is known."""
    if status in ACTIVE:
        return Ran.ACTIVE
    return Ran.FAILED if status in UNSUCCESSFUL else Ran.SUCCESSFUL


def begin(backfill: Backfill, planned: list[Planned], *, now: datetime) -> None:
    """Save it with its places; its first runs are launched after the commit. One without any has ended already."""
    instants = [each.scheduled_for for each in planned if each.is_launched]
    backfill.total = len(instants)
    if not instants:
        backfill.status, backfill.finished, backfill.explanation = Backfill.Status.SUCCESSFUL, now, NOTHING
    with transaction.atomic():
        backfill.save(force_insert=True)
        BackfillPlace.objects.bulk_create(
            BackfillPlace(backfill=backfill, position=position, scheduled_for=instant)
            for position, instant in enumerate(instants)
        )
        transaction.on_commit(hint)


def cancel(backfill: Backfill, *, now: datetime) -> bool:
    """Launch no more of it; what was launched goes on. False where it has ended already."""
    running = Backfill.objects.filter(pk=backfill.pk, status=Backfill.Status.RUNNING)
    return bool(running.update(status=Backfill.Status.CANCELED, finished=now))


def hint() -> None:
    """Tell a worker that a backfill may go on; if that is lost, the next poll of beat's finds it."""
    send_hint(STEP, expires=timezone.now() + OF_NO_USE_AFTER)


def step_backfills(now: datetime) -> int:
    """Launch of each running backfill as many as it may have at once, unless the system is paused; returns how many.

    Each is a transaction of its own with the backfill locked, so that one that fails stops no other.
    """
    if is_paused():
        return 0
    running = Backfill.objects.filter(status=Backfill.Status.RUNNING).order_by("id")
    return sum(_step(pk, now) for pk in running.values_list("pk", flat=True))


def _step(pk: int, now: datetime) -> int:
    try:
        with transaction.atomic():
            return _step_locked(pk, now)
    except (InterfaceError, OperationalError):
        # The database is away, or asks for another attempt: the next poll is one.
        raise
    except Exception as error:
        extra = {"action": "backfill", "backfill_id": pk}
        logger.exception("Backfill %s cannot go on.", pk, extra=extra)
        running = Backfill.objects.filter(pk=pk, status=Backfill.Status.RUNNING)
        reason = f"{type(error).__name__}: {error}"
        running.update(status=Backfill.Status.ERROR, explanation=reason, finished=now)
        return 0


def _step_locked(pk: int, now: datetime) -> int:
    """0 where it has ended meanwhile.

    Of several who take a step one waits for the other: what ended during that one's step is seen by this one's.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LET_GO_WHEN_IDLE}")
    running = Backfill.objects.filter(pk=pk, status=Backfill.Status.RUNNING)
    backfill = running.select_for_update().first()
    if backfill is None:
        return 0
    active = backfill.places.filter(job__status__in=ACTIVE).count()
    room = Q(
        position__gte=backfill.launched, position__lt=backfill.launched + backfill.max_concurrency - active
    )
    places = (
        list(backfill.places.filter(room).order_by("position")) if active < backfill.max_concurrency else []
    )
    if places:
        _launch(backfill, places, now)
    elif not active and backfill.launched == backfill.total:
        backfill.status, backfill.finished = Backfill.Status.SUCCESSFUL, now
        backfill.save(update_fields=["status", "finished"])
    return len(places)


def _launch(backfill: Backfill, places: list[BackfillPlace], now: datetime) -> None:
    schedule = Schedule.objects.with_answers().get(pk=backfill.schedule_id)
    number = schedule.unified_job_template_id
    template = templates_for_launch({number})[number]
    made = [
        run_of(
            schedule,
            template,
            scheduled_for=place.scheduled_for,
            now=now,
            launch_type=LaunchType.MANUAL,
        )
        for place in places
    ]
    for run, _ in made:
        # It is asked for, so no policy skips it; whether it waits for other runs is the policy's.
        run.allow_simultaneous = overlap_for(schedule, template, run).policy == OverlapPolicy.ALLOW
    insert_runs(made)
    for place, (run, _) in zip(places, made, strict=True):
        place.job = run
    BackfillPlace.objects.bulk_update(places, ["job"])
    backfill.launched += len(places)
    backfill.save(update_fields=["launched"])
    transaction.on_commit(announce_work)
