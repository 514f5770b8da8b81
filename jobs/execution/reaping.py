"""Runs whose bound has passed: whose engine is gone, whose endpoint is silent, or that are not over in time.

What becomes of them is their policy's: another attempt, or the end.
"""

import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.results import PLACE_OF_CUT, status_of
from jobs.policies import Failure, Progress, RunPolicy, late, retry_in, silent
from jobs.signals import announce_finished
from jobs.statuses import UNSTARTED, Outcome, Status

logger = logging.getLogger(__name__)

BATCH = 500

_LOST = "The worker that ran this job was lost, so it is not known how the call ended."
_CANCELED = "The job was canceled; the worker that ran it was lost."

_OVERDUE = """
SELECT id, lease_owner, cancel_requested, attempts_made, attempts_allowed, started, deadline_at, request -> 'policy',
       coalesce(%(now)s, statement_timestamp())
FROM jobs_unifiedjob
"""

_EXPIRED = f"""
{_OVERDUE}
WHERE status = '{Status.RUNNING}' AND lease_expires_at < coalesce(%(now)s, statement_timestamp())
ORDER BY lease_expires_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""

# Without a call that has to be ended.
_LATE = f"""
{_OVERDUE}
WHERE status = ANY(%(unstarted)s) AND deadline_at <= coalesce(%(now)s, statement_timestamp())
ORDER BY deadline_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""

_SETTLE = f"""
WITH settled AS (
    SELECT * FROM unnest(
        %(id)s::bigint[], %(status)s::text[], %(outcome)s::text[], %(explanation)s::text[], %(at)s::timestamptz[],
        %(next_attempt_at)s::timestamptz[]
    ) AS s (id, status, outcome, explanation, at, next_attempt_at)
), run AS (
    UPDATE jobs_unifiedjob AS job
    SET status = settled.status, job_explanation = settled.explanation,
        failure_reason = CASE settled.status WHEN '{Status.WAITING}' THEN '' ELSE settled.outcome END,
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
class Overdue:
    """A run past a bound, which this transaction has locked; `at` is the time by which it is."""

    id: int
    owner: str
    cancel_requested: bool
    progress: Progress
    policy: RunPolicy
    at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of an overdue run; with `next_attempt_at` it waits for that."""

    id: int
    status: str
    outcome: str
    explanation: str
    at: datetime
    next_attempt_at: datetime | None = None


def reap(now: datetime | None = None) -> int:
    """End every run whose bound has passed, or give it its next attempt; returns how many that are.

    Any number of reapers may do so at once. Without `now` it is the database's time, by which leases are given.
    """
    total = 0
    while True:
        with transaction.atomic():
            overdue = [*_locked(_EXPIRED, now), *_locked(_LATE, now)]
            settled = [_settlement(run) for run in overdue]
            if settled:
                _settle(settled)
                announce_finished([one.id for one in settled if one.next_attempt_at is None])
        for one in settled:
            logger.warning(
                "Job %s was %s: %s",
                one.id,
                "ended" if one.next_attempt_at is None else "put back for another attempt",
                one.explanation,
                extra={"action": "reap", "job_id": one.id},
            )
        total += len(settled)
        if len(settled) < BATCH:
            return total


def _locked(statement: str, now: datetime | None) -> list[Overdue]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {"now": now, "limit": BATCH, "unstarted": [status.value for status in UNSTARTED]}
        )
        rows = cursor.fetchall()
    return [
        Overdue(
            id=row[0],
            owner=row[1],
            cancel_requested=row[2],
            progress=Progress(row[3], row[4], row[5] or row[8], row[6]),
            policy=RunPolicy.of_run({"policy": json.loads(row[7]) if isinstance(row[7], str) else row[7]}),
            at=row[8],
        )
        for row in rows
    ]


def _settlement(run: Overdue) -> Settlement:
    if run.cancel_requested:
        return Settlement(run.id, Status.CANCELED, Outcome.CANCELED, _CANCELED, run.at)
    outcome, explanation = _what_passed(run)
    failure = Failure(run.at, outcome)
    wait = retry_in(run.policy, run.progress, failure, chance=random.random())  # noqa: S311
    if wait is None:
        return Settlement(run.id, status_of(outcome), outcome, explanation, run.at)
    return Settlement(run.id, Status.WAITING, outcome, explanation, run.at, run.at + timedelta(seconds=wait))


def _what_passed(run: Overdue) -> tuple[Outcome, str]:
    deadline = run.progress.deadline
    if deadline is not None and deadline <= run.at:
        return Outcome.DEADLINE, late(run.policy)
    if run.owner == AWAITING_REPORT:
        return Outcome.TIMEOUT, silent(run.policy)
    return Outcome.LOST, _LOST


def _settle(settled: Sequence[Settlement]) -> None:
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
