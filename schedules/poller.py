"""The tick: every schedule that is due gets its occurrences recorded, its run made and its `next_run` advanced.

The three happen in one transaction, so a crash at any point leaves the schedule due and the next poll takes it. Any
number of pollers may run at once: they skip each other's rows, and an occurrence can be recorded only once.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import DataError, IntegrityError, connection, transaction

from access.runtime_settings import is_paused
from jobs.announcing import announce_work
from jobs.inserting import give_ids
from jobs.launching import insert_runs
from jobs.many import numbers, times
from jobs.signals import announce_trouble
from schedules.decisions import Decision, Quiet, decide
from schedules.exclusions import exclusions
from schedules.launching import Launch, Launcher
from schedules.models import Occurrence, Schedule
from schedules.policies import policy_of
from schedules.refusals import record_refusals, refusals

logger = logging.getLogger(__name__)

BATCH = 500
# After so many runs a transaction takes no more schedules: each may have a hundred to catch up with.
MOST_RUNS = 2000


@dataclass
class Tick:
    """What a poll did: how many runs it launched, and the next occurrences of the schedules that it advanced."""

    launched: int = 0
    quarantined: int = 0
    next_runs: list[datetime] = field(default_factory=list)

    def add(self, other: "Tick") -> None:
        self.launched += other.launched
        self.quarantined += other.quarantined
        self.next_runs += other.next_runs


def launch_due(now: datetime) -> Tick:
    """Launch whatever is due at `now`, batch by batch, each in its own transaction.

    Of more than one batch two are under way at once: while the database writes one, the other is thought about.
    """
    tick, launcher = Tick(), Launcher(now)
    if _launch_batch(now, tick, launcher):
        with ThreadPoolExecutor(1, thread_name_prefix="poller") as beside:
            theirs = beside.submit(_launch_beside, now, launcher)
            _launch_rest(now, tick, launcher)
        tick.add(theirs.result())
    return tick


def _launch_rest(now: datetime, tick: Tick, launcher: Launcher) -> None:
    while _launch_batch(now, tick, launcher):
        pass


def _launch_beside(now: datetime, launcher: Launcher) -> Tick:
    """As another poller, in a thread and by a connection of its own."""
    tick = Tick()
    try:
        _launch_rest(now, tick, launcher)
    finally:
        connection.close()
    return tick


def _launch_batch(now: datetime, tick: Tick, launcher: Launcher) -> bool:
    """True if there may be more."""
    try:
        with transaction.atomic():
            rows = _claim(now, BATCH)
            taken = launch_locked(rows, now, tick, launcher=launcher)
    except (DataError, IntegrityError):
        logger.exception("A batch of due schedules was refused by the database; they are taken one by one.")
        return _launch_one_by_one(now, tick) == BATCH
    return len(rows) == BATCH or taken < len(rows)


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
    """None while the system is paused: they stay due, and their own policies decide when it goes on."""
    if is_paused():
        return []
    return Schedule.objects.claim_due(now, limit)


def launch_locked(
    rows: Sequence[Schedule], now: datetime, tick: Tick, *quiet: Quiet, launcher: Launcher | None = None
) -> int:
    """Launch the due `rows`, which this transaction has locked, but nothing in the `quiet` times.

    Returns how many of them, from the first on, were dealt with: where each launches many times, not all. A constant
    number of statements.
    """
    if not rows:
        return 0
    excluded = _excluded(rows, now)
    launcher = launcher or Launcher(now)
    launcher.read({row.unified_job_template_id for row in rows})
    decisions: list[tuple[Schedule, Decision]] = []
    launches: list[Launch] = []
    taken = 0
    for row in rows:
        if len(launches) >= MOST_RUNS:
            break
        taken += 1
        try:
            decision = _decide(row, now, [*quiet, *excluded.get(row.id, ())])
            own = [launcher.launch(row, instant) for instant in decision.launches]
        except Exception as error:  # one bad schedule must not stop the others
            logger.exception(
                "Schedule %s is quarantined.", row.pk, extra={"action": "quarantine", "schedule_id": row.pk}
            )
            _quarantine_locked([row], f"{type(error).__name__}: {error}", tick)
        else:
            decisions.append((row, decision))
            launches += own
    if not decisions:
        return taken
    _record_endings(decisions, now)
    if launches:
        tick.launched += _launch(launches, launcher)
    _advance(decisions)
    tick.next_runs += [decision.next_run for _, decision in decisions if decision.next_run]
    return taken


def _excluded(rows: Sequence[Schedule], now: datetime) -> dict[int, list[Quiet]]:
    """By schedule's id what calendars exclude of the time since its next occurrence; plain ones have none."""
    linked = [row for row in rows if not row.is_plain]
    start = min((row.next_occurrence or now for row in linked), default=now)
    return exclusions(linked, start, now)


def _decide(row: Schedule, now: datetime, quiet: Sequence[Quiet]) -> Decision:
    """A schedule with a slot decides what it would have decided that much earlier without one."""
    assert row.next_run is not None
    policy = policy_of(row, quiet)
    slot = row.slot
    due = row.next_run - slot
    decision = decide(row.recurrence_from(due), due, now - slot, policy)
    return replace(decision, next_run=row.launch_of(decision.next_run)) if slot else decision


def _launch(launches: Sequence[Launch], launcher: Launcher) -> int:
    """Save the runs, with their ledger rows, of those that are new and that nothing forbids; returns how many."""
    give_ids([launch.run for launch in launches])
    recorded = _record_launches(launches, launcher.now)
    new = [launch for launch in launches if launch.run.id in recorded]
    refused = list(zip(new, refusals(new, launcher.now), strict=True))
    record_refusals([(recorded[launch.run.id], refusal) for launch, refusal in refused if refusal])
    allowed = [(launch.run, launch.answers) for launch, refusal in refused if refusal is None]
    if allowed:
        insert_runs(allowed, launcher.writer)
        transaction.on_commit(announce_work)
    return len(allowed)


def _record_endings(decisions: Sequence[tuple[Schedule, Decision]], now: datetime) -> None:
    """Write into the ledger what is not launched."""
    lines = [
        (row.id, ending.scheduled_for, ending.outcome.value, ending.reason, ending.through)
        for row, decision in decisions
        for ending in decision.endings
    ]
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO schedules_occurrence (schedule_id, scheduled_for, outcome, reason, through, recorded)
            SELECT line.*, %s
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::timestamptz[]) AS line
            ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
            """,
            [now, *(list(column) for column in zip(*lines, strict=True))],
        )


def _record_launches(launches: Sequence[Launch], now: datetime) -> dict[int, int]:
    """Write them into the ledger, with the ids of the runs, which need be there by the end of the transaction only.

    Returns by the ids of the runs those of the rows that are new; what was recorded before is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO schedules_occurrence (schedule_id, scheduled_for, outcome, reason, job_id, recorded)
            SELECT schedule, scheduled_for, %s, '', job, %s
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS line (schedule, scheduled_for, job)
            ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
            RETURNING job_id, id
            """,
            [
                Occurrence.Outcome.LAUNCHED.value,
                now,
                numbers(launch.schedule.id for launch in launches),
                times(launch.run.scheduled_for for launch in launches),
                numbers(launch.run.id for launch in launches),
            ],
        )
        return dict(cursor.fetchall())


def _advance(decisions: Sequence[tuple[Schedule, Decision]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE schedules_schedule AS schedule SET next_run = step.next_run
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS step (id, next_run) WHERE schedule.id = step.id
            """,
            [
                numbers(row.id for row, _ in decisions),
                times(decision.next_run for _, decision in decisions),
            ],
        )


def _quarantine_locked(rows: Sequence[Schedule], reason: str, tick: Tick) -> None:
    """Take schedules out of service until their rule is edited; schedule, ledger and a notice say why."""
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
        announce_trouble(
            row.unified_job_template_id,
            subject=f'Schedule "{row.name}" ({row.pk}) is quarantined',
            text=f"It launches nothing until its rule or its switch is changed: {reason}",
        )
        tick.quarantined += 1
