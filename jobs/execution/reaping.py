"""`running → error`: runs whose engine is gone. A run is called once, so one that was lost is not called again."""

import logging
from datetime import datetime

from django.db import connection, transaction

from jobs.signals import announce_finished
from jobs.statuses import Outcome, Status

logger = logging.getLogger(__name__)

BATCH = 500

_EXPLANATION = "The worker that ran this job was lost, so it is not known how the call ended."
_CANCELED = "The job was canceled; the worker that ran it was lost."

_REAP = f"""
WITH expired AS (
    SELECT id, coalesce(%(now)s, statement_timestamp()) AS at FROM jobs_unifiedjob
    WHERE status = '{Status.RUNNING}' AND lease_expires_at < coalesce(%(now)s, statement_timestamp())
    ORDER BY lease_expires_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE jobs_unifiedjob AS job
    SET status = CASE WHEN cancel_requested THEN '{Status.CANCELED}' ELSE '{Status.ERROR}' END,
        failure_reason = CASE WHEN cancel_requested THEN '{Outcome.CANCELED}' ELSE '{Outcome.LOST}' END,
        job_explanation = CASE WHEN cancel_requested THEN %(canceled)s ELSE %(lost)s END,
        canceled_on = CASE WHEN cancel_requested THEN expired.at END,
        finished = greatest(expired.at, started),
        elapsed = greatest(extract(epoch FROM expired.at - started), 0),
        lease_owner = '', lease_expires_at = NULL, modified = expired.at
    FROM expired
    WHERE job.id = expired.id AND job.status = '{Status.RUNNING}'
    RETURNING job.id, job.attempts_made, job.finished, job.failure_reason, job.job_explanation
), closed AS (
    UPDATE jobs_attempt AS attempt
    SET finished = ended.finished, outcome = ended.failure_reason, error = ended.job_explanation
    FROM ended
    WHERE attempt.job_id = ended.id AND attempt.finished IS NULL
)
SELECT id FROM ended ORDER BY id
"""  # noqa: S608 (only our own words are put in)


def reap(now: datetime | None = None) -> int:
    """End every run whose lease has expired; returns how many. Any number of reapers may do so at once.

    Without `now` it is the database's time, by which leases are given.
    """
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REAP, {"now": now, "limit": BATCH, "lost": _EXPLANATION, "canceled": _CANCELED})
            ended = [row[0] for row in cursor.fetchall()]
            announce_finished(ended)
        for job_id in ended:
            logger.warning(
                "Job %s lost its worker and was ended.", job_id, extra={"action": "reap", "job_id": job_id}
            )
        total += len(ended)
        if len(ended) < BATCH:
            return total
