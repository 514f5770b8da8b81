"""The least that launches what is due: the same rows by one statement for each batch, with all values known before."""

from datetime import datetime

from django.db import connection, transaction

from jobs.models import UnifiedJob
from schedules.poller import BATCH

_OWN = ("id", "run_id", "scheduled_for", "created", "modified", "available_at", "extra_vars")
_COPIED = ", ".join(
    str(field.column)
    for field in UnifiedJob._meta.concrete_fields
    if not field.generated and field.column not in _OWN
)
_REMEMBER = f"""
CREATE TABLE bench_run AS
SELECT DISTINCT ON (unified_job_template_id) {_COPIED} FROM jobs_unifiedjob ORDER BY unified_job_template_id
"""  # noqa: S608 (only names of columns are put in)
_LAUNCH = f"""
WITH due AS MATERIALIZED (
    SELECT id, unified_job_template_id AS template, next_run AS at, extra_data, gen_random_uuid() AS run_id
    FROM schedules_schedule WHERE enabled AND next_run IS NOT NULL AND next_run <= %(now)s
    ORDER BY next_run, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), run AS (
    INSERT INTO jobs_unifiedjob (run_id, scheduled_for, created, modified, available_at, extra_vars, {_COPIED})
    SELECT due.run_id, due.at, %(now)s, %(now)s, %(now)s, due.extra_data, {_COPIED}
    FROM due JOIN bench_run ON unified_job_template_id = due.template
    RETURNING id, run_id
), recorded AS (
    INSERT INTO schedules_occurrence (schedule_id, scheduled_for, outcome, reason, job_id, recorded)
    SELECT due.id, due.at, 'launched', '', run.id, %(now)s FROM due JOIN run USING (run_id)
    ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
)
UPDATE schedules_schedule AS schedule SET next_run = due.at + interval '1 day' FROM due WHERE schedule.id = due.id
"""  # noqa: S608


def remember_runs() -> None:
    """Keep one run of each template, of which the floor's runs are copies."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER)
        cursor.execute("ALTER TABLE bench_run ADD PRIMARY KEY (unified_job_template_id)")
        cursor.execute("ANALYZE bench_run")


def launch_due(now: datetime) -> int:
    """How many were launched. Their next run is tomorrow."""
    launched = batch = _launch_batch(now)
    while batch == BATCH:
        batch = _launch_batch(now)
        launched += batch
    return launched


@transaction.atomic
def _launch_batch(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAUNCH, {"now": now, "limit": BATCH})
        launched: int = cursor.rowcount
    return launched
