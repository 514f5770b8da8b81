"""`pending → running`: a workflow starts unless it has to wait for another run of the same."""

from django.db import connection, transaction

from jobs.statuses import JobKind, Status

BATCH = 500

# An arbitrary number that is the same for all: of several starters one decides at a time.
_GATE = 0x42656C66727932

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
                OR other.status = '{Status.RUNNING}'
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

    Two starters that do not see each other's rows could start two runs of one workflow, so they take turns; each
    reads after it has the gate, hence two statements. Runs that are calls are admitted in the same way
    (jobs/execution/admission.py).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_GATE])
        cursor.execute(_START, [limit])
        return int(cursor.rowcount)
