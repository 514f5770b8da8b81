"""A replay: a run that failed is tried again, under its own key; unlike a relaunch it is the same run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from jobs.announcing import announce_work
from jobs.launching import CLOCKS_DIFFER_BY
from jobs.models import UnifiedJob
from jobs.policies import RunPolicy
from jobs.statuses import JobKind, Status

# A workflow has gone on from how its run ended, so that stays as it is.
REPLAYABLE = Q(kind=JobKind.JOB, status__in=[Status.FAILED, Status.ERROR], unified_job_node__isnull=True)

# It is admitted like a new run: another one of its template may be going.
_PUT_BACK = f"""
UPDATE jobs_unifiedjob AS job
SET status = '{Status.PENDING}', attempts_allowed = job.attempts_made + again.attempts, deadline_at = again.deadline_at,
    available_at = %(available_at)s, started = NULL, finished = NULL, elapsed = 0, canceled_on = NULL,
    cancel_requested = false, dismissed = NULL, failure_reason = '', job_explanation = '', result_traceback = '',
    report = '{{}}', modified = statement_timestamp()
FROM unnest(%(id)s::bigint[], %(attempts)s::int[], %(deadline_at)s::timestamptz[]) AS again (id, attempts, deadline_at)
WHERE job.id = again.id
"""  # noqa: S608 (only our own words are put in)


def replay(ids: Sequence[int], *, now: datetime) -> list[UnifiedJob]:
    """Put back those of the runs that have failed; returns them as they were, by id.

    Each may make as many attempts again as its policy says, and its deadline begins anew.
    """
    with transaction.atomic():
        failed = UnifiedJob.objects.filter(REPLAYABLE, pk__in=ids).select_for_update(of=("self",))
        runs = list(failed.order_by("pk"))
        policies = [RunPolicy.of_run(run.request) for run in runs]
        values: dict[str, Any] = {
            "id": [run.pk for run in runs],
            "attempts": [policy.max_attempts for policy in policies],
            "deadline_at": [policy.deadline_from(now) for policy in policies],
            "available_at": now - CLOCKS_DIFFER_BY,
        }
        if runs:
            with connection.cursor() as cursor:
                cursor.execute(_PUT_BACK, values)
            transaction.on_commit(announce_work)
    return runs
