"""The tick: every schedule that is due gets its occurrences recorded, its run made and its `next_run` advanced.

The three happen in one transaction, so a crash at any point leaves the schedule due and the next poll takes it. Any
number of pollers may run at once: they skip each other's rows, and an occurrence can be recorded only once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import DataError, IntegrityError, connection, transaction

from jobs.announcing import announce_work
from jobs.kinds import templates_for_launch
from jobs.launching import insert_runs
from jobs.models import UnifiedJob
from jobs.prompts import LaunchAnswers
from schedules.decisions import Decision, decide
from schedules.launching import run_of
from schedules.models import Occurrence, Schedule

logger = logging.getLogger(__name__)

BATCH = 500
COALESCED = "Missed while nothing polled; one launch, for the latest time missed, stands for all."

Key = tuple[int, datetime]


@dataclass
class Tick:
    """What a poll did: how many runs it launched, and the next occurrences of the schedules that it advanced."""

    launched: int = 0
    quarantined: int = 0
    next_runs: list[datetime] = field(default_factory=list)


def launch_due(now: datetime) -> Tick:
    """Launch whatever is due at `now`, batch by batch, each in its own transaction."""
    tick = Tick()
    while _launch_batch(now, tick) == BATCH:
        pass
    return tick


def _launch_batch(now: datetime, tick: Tick) -> int:
    try:
        with transaction.atomic():
            rows = _claim(now, BATCH)
            launch_locked(rows, now, tick)
    except (DataError, IntegrityError):
        logger.exception("A batch of due schedules was refused by the database; they are taken one by one.")
        return _launch_one_by_one(now, tick)
    return len(rows)


def _launch_one_by_one(now: datetime, tick: Tick) -> int:
    """After a refused batch: the schedule that the database refuses is put aside and the others go on."""
    taken = 0
    for _ in range(BATCH):
        rows: Sequence[Schedule] = []
        try:
            with transaction.atomic():
                rows = _claim(now, 1)
                launch_locked(rows, now, tick)
        except (DataError, IntegrityError) as error:
            with transaction.atomic():
                _quarantine_locked(
                    list(Schedule.objects.select_for_update().filter(pk=rows[0].pk)), str(error), tick
                )
        if not rows:
            break
        taken += 1
    return taken


def _claim(now: datetime, limit: int) -> list[Schedule]:
    due = Schedule.objects.due(now).with_answers()
    return list(due.select_for_update(skip_locked=True, of=("self",))[:limit])


def launch_locked(rows: Sequence[Schedule], now: datetime, tick: Tick) -> None:
    """Launch the due `rows`, which this transaction has locked. A constant number of statements."""
    templates = templates_for_launch({row.unified_job_template_id for row in rows})
    decisions: list[tuple[Schedule, Decision]] = []
    runs: dict[Key, tuple[UnifiedJob, LaunchAnswers]] = {}
    for row in rows:
        try:
            decision = _decide(row, now)
            template = templates[row.unified_job_template_id]
            runs[row.pk, decision.scheduled_for] = run_of(
                row, template, scheduled_for=decision.scheduled_for, now=now
            )
        except Exception as error:  # one bad schedule must not stop the others
            logger.exception(
                "Schedule %s is quarantined.", row.pk, extra={"action": "quarantine", "schedule_id": row.pk}
            )
            _quarantine_locked([row], f"{type(error).__name__}: {error}", tick)
        else:
            decisions.append((row, decision))
    if not decisions:
        return
    recorded = _record(decisions, now)
    launched = [(key, made) for key, made in runs.items() if key in recorded]
    insert_runs([made for _, made in launched])
    _link([(recorded[key], run.pk) for key, (run, _) in launched])
    _advance(decisions)
    tick.launched += len(launched)
    tick.next_runs += [decision.next_run for _, decision in decisions if decision.next_run]
    if launched:
        transaction.on_commit(announce_work)


def _decide(row: Schedule, now: datetime) -> Decision:
    """A schedule with a slot decides what it would have decided that much earlier without one."""
    assert row.next_run is not None
    decision = decide(row.recurrence, row.next_run - row.slot, now - row.slot)
    return replace(decision, next_run=row.launch_of(decision.next_run))


def _record(decisions: Sequence[tuple[Schedule, Decision]], now: datetime) -> dict[Key, int]:
    """Write the ledger. Returns the row ids of the launches that are new; what was recorded before is left out."""
    launched, coalesced = Occurrence.Outcome.LAUNCHED, Occurrence.Outcome.COALESCED
    lines = [
        (row.pk, missed.scheduled_for, coalesced.value, COALESCED, missed.through)
        for row, decision in decisions
        for missed in decision.missed
    ]
    lines += [(row.pk, decision.scheduled_for, launched.value, "", None) for row, decision in decisions]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO schedules_occurrence (schedule_id, scheduled_for, outcome, reason, through, recorded)
            SELECT line.*, %s
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::timestamptz[]) AS line
            ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
            RETURNING id, schedule_id, scheduled_for, outcome
            """,
            [now, *(list(column) for column in zip(*lines, strict=True))],
        )
        return {
            (schedule, scheduled_for): pk
            for pk, schedule, scheduled_for, outcome in cursor.fetchall()
            if outcome == launched
        }


def _link(pairs: Sequence[tuple[int, int]]) -> None:
    """Point ledger rows at their runs: (occurrence id, job id)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE schedules_occurrence AS occurrence SET job_id = pair.job
            FROM unnest(%s::bigint[], %s::bigint[]) AS pair (occurrence, job) WHERE occurrence.id = pair.occurrence
            """,
            [[occurrence for occurrence, _ in pairs], [job for _, job in pairs]],
        )


def _advance(decisions: Sequence[tuple[Schedule, Decision]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE schedules_schedule AS schedule SET next_run = step.next_run
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS step (id, next_run) WHERE schedule.id = step.id
            """,
            [[row.pk for row, _ in decisions], [decision.next_run for _, decision in decisions]],
        )


def _quarantine_locked(rows: Sequence[Schedule], reason: str, tick: Tick) -> None:
    """Take schedules out of service, with the reason on the schedule and in the ledger, until their rule is edited."""
    for row in rows:
        assert row.next_occurrence is not None
        Occurrence.objects.bulk_create(
            [
                Occurrence(
                    schedule=row,
                    scheduled_for=row.next_occurrence,
                    outcome=Occurrence.Outcome.QUARANTINED,
                    reason=reason,
                )
            ],
            ignore_conflicts=True,
        )
        Schedule.objects.filter(pk=row.pk).update(next_run=None, quarantine_reason=reason)
        tick.quarantined += 1
