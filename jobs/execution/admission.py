"""`pending → waiting`: a run is admitted unless it has to wait for another one of its template."""

from django.db import connection, transaction

from jobs.locks import try_gate
from jobs.statuses import JobKind, Status

BATCH = 1000

# An arbitrary number that is the same for all: of several admitters one decides at a time. Workflows are started by who
# has it, too (workflows/starting.py): a sliced job and a plain one of its template wait for one another.
GATE = 0x42656C66727931

# The rows are chosen in a WITH: a subquery beside the UPDATE may be run once for each row, and then admits more than
# the limit.
_ADMIT = f"""
WITH admitted AS (
    SELECT id FROM jobs_unifiedjob AS candidate
    WHERE status = '{Status.PENDING}' AND kind NOT IN ('{JobKind.WORKFLOW_JOB}', '{JobKind.WORKFLOW_APPROVAL}')
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
UPDATE jobs_unifiedjob AS job SET status = '{Status.WAITING}', modified = statement_timestamp()
FROM admitted
WHERE job.id = admitted.id
"""  # noqa: S608 (only our own words are put in)


def admit(limit: int = BATCH) -> int | None:
    """Admit at most `limit` runs, oldest first; returns how many, or None where another admitter is at it.

    With `allow_simultaneous` off (AWX's default) a run waits for older ones of its template, and for a younger one
    that is already on its way: ids are given out before they are committed, so the younger may come first. Two
    admitters that do not see each other's rows could still admit one run each, so only one may decide at a time;
    it reads after it has the gate, hence two statements.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not try_gate(GATE):
            return None
        cursor.execute(_ADMIT, [limit])
        return int(cursor.rowcount)
