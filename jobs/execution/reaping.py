"""Runs whose bound has passed: whose engine is gone, whose endpoint is silent, or that are not over in time.

What becomes of them is their policy's: another attempt, or the end.
"""

import logging
from datetime import datetime

from django.db import transaction

from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.reports import as_reported
from jobs.execution.settling import COLUMNS, Settlement, Unheld, canceling, failing, locked, settle
from jobs.policies import late, silent
from jobs.statuses import UNSTARTED, Outcome, Status

logger = logging.getLogger(__name__)

BATCH = 500

_LOST = "The worker that ran this job was lost, so it is not known how the call ended."
_CANCELED = "The job was canceled; the worker that ran it was lost."

_EXPIRED = f"""
{COLUMNS}
WHERE status = '{Status.RUNNING}' AND lease_expires_at < coalesce(%(now)s, statement_timestamp())
ORDER BY lease_expires_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""

# Without a call that has to be ended.
_LATE = f"""
{COLUMNS}
WHERE status = ANY(%(unstarted)s) AND deadline_at <= coalesce(%(now)s, statement_timestamp())
ORDER BY deadline_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
"""


def reap(now: datetime | None = None) -> int:
    """End every run whose bound has passed, or give it its next attempt; returns how many that are.

    Any number of reapers may do so at once. Without `now` it is the database's time, by which leases are given.
    """
    values = {"now": now, "limit": BATCH, "unstarted": [status.value for status in UNSTARTED]}
    total = 0
    while True:
        with transaction.atomic():
            overdue = [*locked(_EXPIRED, values), *locked(_LATE, values)]
            settled = [_settlement(run) for run in overdue]
            settle(settled)
        for one in settled:
            logger.warning(
                "Job %s was %s: %s",
                one.id,
                "ended" if one.next_attempt_at is None else "put back for another attempt",
                one.explanation,
                extra={"action": "reap", "job_id": one.id, "run_id": str(one.run_id)},
            )
        total += len(settled)
        if len(settled) < BATCH:
            return total


def _settlement(run: Unheld) -> Settlement:
    reported = as_reported(run)
    if reported is not None:
        return reported
    deadline = run.progress.deadline
    if run.cancel_requested:
        return canceling(run, _CANCELED)
    if deadline is not None and deadline <= run.at:
        return failing(run, Outcome.DEADLINE, late(run.policy))
    if run.owner == AWAITING_REPORT:
        return failing(run, Outcome.TIMEOUT, silent(run.policy))
    return failing(run, Outcome.LOST, _LOST)
