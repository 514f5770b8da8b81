"""`pending → running`: a workflow starts unless it has to wait for another run of the same."""

from django.db import connection, transaction

from jobs.execution.admission import GATE
from jobs.locks import LET_GO_WHEN_IDLE
from jobs.models import UnifiedJob
from jobs.statuses import JobKind, Status

BATCH = 500

# The rows are chosen in a WITH: a subquery beside the UPDATE may be run once for each row, and then admits more than
# the limit.
_START = f"""
WITH admitted AS (
    SELECT id FROM jobs_unifiedjob AS candidate
    WHERE status = '{Status.PENDING}' AND kind = '{JobKind.WORKFLOW_JOB}'
      AND (allow_simultaneous OR unified_job_template_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM jobs_unifiedjob AS other
            WHERE other.unified_job_template_id = candidate.unified_job_template_id
              AND other.id <> candidate.id
              AND (
                (other.id < candidate.id AND other.status IN ('{Status.NEW}', '{Status.PENDING}'))
                OR other.status IN ('{Status.WAITING}', '{Status.RUNNING}')
              )))
    ORDER BY id
    LIMIT %s
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs_unifiedjob AS job
SET status = '{Status.RUNNING}', started = statement_timestamp(), modified = statement_timestamp()
FROM admitted
WHERE job.id = admitted.id
"""  # noqa: S608 (only our own words are put in)


def start(limit: int = BATCH) -> int:
    """Start at most `limit` workflows, oldest first; returns how many.

    It decides like the admission of runs that are calls, and in turn with it (jobs/execution/admission.py): two that do
    not see each other's rows could start two runs of one workflow, or a job template's slices beside its plain job.
    Each reads after it has the gate, hence two statements; where nothing is pending nobody is kept from it.
    """
    if not UnifiedJob.objects.filter(status=Status.PENDING, kind=JobKind.WORKFLOW_JOB).exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock(%s), {LET_GO_WHEN_IDLE}", [GATE])
        cursor.execute(_START, [limit])
        return int(cursor.rowcount)
