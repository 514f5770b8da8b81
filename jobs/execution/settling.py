"""What becomes of runs that no engine holds any more: their end, or their next attempt, in one statement for many."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.execution.outcome import status_of
from jobs.policies import Failure, Progress, RunPolicy, retry_in
from jobs.signals import announce_finished
from jobs.statuses import Outcome, Status

# The columns of an `Unheld`. `now` stands for the database's time, unless it is given.
COLUMNS = """
SELECT id, lease_owner, cancel_requested, attempts_made, attempts_allowed, started, deadline_at, request -> 'policy',
       report, coalesce(%(now)s, statement_timestamp()), run_id
FROM jobs_unifiedjob
"""

# Calls to hosts that were cut off come after those that ended: their places are below that of the last call.
PLACE_OF_CUT = """CASE WHEN attempt.host_name <> '' THEN
    (SELECT max(other.number) - 1 FROM jobs_attempt AS other WHERE other.job_id = attempt.job_id) END"""

_SETTLE = f"""
WITH settled AS (
    SELECT * FROM unnest(
        %(id)s::bigint[], %(status)s::text[], %(outcome)s::text[], %(explanation)s::text[], %(at)s::timestamptz[],
        %(next_attempt_at)s::timestamptz[]
    ) AS s (id, status, outcome, explanation, at, next_attempt_at)
), run AS (
    UPDATE jobs_unifiedjob AS job
    SET status = settled.status, job_explanation = settled.explanation,
        failure_reason = CASE WHEN settled.status IN ('{Status.WAITING}', '{Status.SUCCESSFUL}') THEN ''
                              ELSE settled.outcome END,
        canceled_on = CASE settled.status WHEN '{Status.CANCELED}' THEN settled.at END,
        finished = CASE settled.status WHEN '{Status.WAITING}' THEN NULL ELSE greatest(settled.at, started) END,
        available_at = coalesce(settled.next_attempt_at, available_at),
        elapsed = greatest(extract(epoch FROM settled.at - started), 0),
        lease_owner = '', lease_expires_at = NULL, modified = settled.at
    FROM settled
    WHERE job.id = settled.id
    RETURNING job.id
)
UPDATE jobs_attempt AS attempt
SET finished = greatest(settled.at, attempt.started), outcome = settled.outcome, error = settled.explanation,
    next_attempt_at = settled.next_attempt_at, place = {PLACE_OF_CUT}
FROM settled
WHERE attempt.job_id = settled.id AND attempt.finished IS NULL
"""  # noqa: S608 (only our own words are put in)


@dataclass(frozen=True, slots=True)
class Unheld:
    """A run that this transaction has locked; `at` is the time by which it is looked at.

    `report` is what its endpoint has reported of the present attempt.
    """

    id: int
    run_id: UUID
    owner: str
    cancel_requested: bool
    progress: Progress
    policy: RunPolicy
    report: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a run; with `next_attempt_at` it waits for that."""

    id: int
    run_id: UUID
    status: str
    outcome: str
    explanation: str
    at: datetime
    next_attempt_at: datetime | None = None


def locked(statement: str, values: dict[str, Any]) -> list[Unheld]:
    """The runs that a statement finds and locks, which begins with COLUMNS."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return [
        Unheld(
            id=row[0],
            run_id=row[10],
            owner=row[1],
            cancel_requested=row[2],
            progress=Progress(row[3], row[4], row[5] or row[9], row[6]),
            policy=RunPolicy.of_run({"policy": _mapping(row[7])}),
            report=_mapping(row[8]),
            at=row[9],
        )
        for row in rows
    ]


def _mapping(value: object) -> dict[str, Any]:
    # Django leaves jsonb as text in raw cursors.
    loaded = json.loads(value) if isinstance(value, str) else value
    return loaded if isinstance(loaded, dict) else {}


def failing(run: Unheld, outcome: Outcome, explanation: str) -> Settlement:
    """Another attempt, if the run's policy has one for such an end."""
    chance = random.random()  # noqa: S311 (it spreads, it guards nothing)
    wait = retry_in(run.policy, run.progress, Failure(run.at, outcome), chance=chance)
    if wait is None:
        return Settlement(run.id, run.run_id, status_of(outcome), outcome, explanation, run.at)
    return Settlement(
        run.id, run.run_id, Status.WAITING, outcome, explanation, run.at, run.at + timedelta(seconds=wait)
    )


def succeeding(run: Unheld) -> Settlement:
    return Settlement(run.id, run.run_id, Status.SUCCESSFUL, Outcome.SUCCESS, "", run.at)


def canceling(run: Unheld, explanation: str) -> Settlement:
    return Settlement(run.id, run.run_id, Status.CANCELED, Outcome.CANCELED, explanation, run.at)


def settle(settled: Sequence[Settlement]) -> None:
    """Write what becomes of locked runs; `run_finished` is sent after the commit for those that end."""
    if not settled:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "id": [one.id for one in settled],
                "status": [str(one.status) for one in settled],
                "outcome": [str(one.outcome) for one in settled],
                "explanation": [one.explanation for one in settled],
                "at": [one.at for one in settled],
                "next_attempt_at": [one.next_attempt_at for one in settled],
            },
        )
    announce_finished([one.id for one in settled if one.next_attempt_at is None])
