"""How many ended runs of a template are kept: of what is beyond its limits the oldest are deleted.

Runs that a workflow launched belong to the workflow's run: they are kept with it, and go with it.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from jobs.locks import try_gate
from jobs.models import UnifiedJob
from jobs.removal import delete_runs
from jobs.statuses import LaunchType, Status

BATCH = 500
# What one look deletes; the next goes on.
MOST_BATCHES = 100
# Whoever waits for a run, or tells people of it, has so long to read how it ended.
KEPT_SECONDS = 3600

# An arbitrary number that is the same for all: one deletes at a time.
_GATE = 0x42656C66727933

# The work follows what is beyond the limits, however many runs there are.
_BEYOND = f"""
SELECT beyond.id
FROM jobs_unifiedjobtemplate AS template
CROSS JOIN LATERAL (
    VALUES (true, template.successful_history_limit), (false, template.failed_history_limit)
) AS history (successful, most)
CROSS JOIN LATERAL (
    SELECT job.id, job.finished FROM jobs_unifiedjob AS job
    WHERE job.unified_job_template_id = template.id AND job.finished IS NOT NULL
      AND (job.status = '{Status.SUCCESSFUL}') = history.successful AND job.launch_type <> '{LaunchType.WORKFLOW}'
    ORDER BY job.finished DESC, job.id DESC
    OFFSET history.most LIMIT %(limit)s
) AS beyond
WHERE (template.successful_history_limit IS NOT NULL OR template.failed_history_limit IS NOT NULL)
  AND history.most IS NOT NULL AND beyond.finished < statement_timestamp() - make_interval(secs => %(kept)s)
LIMIT %(limit)s
"""  # noqa: S608 (only our own words are put in)


def trim() -> int:
    """Delete what is beyond the limits of templates, batch by batch, each in its own transaction.

    Returns how many runs, without those that went with a workflow's. Does nothing while another does it.
    """
    trimmed = 0
    for _ in range(MOST_BATCHES):
        batch = trim_batch()
        trimmed += batch
        if batch < BATCH:
            break
    return trimmed


@transaction.atomic
def trim_batch(limit: int = BATCH) -> int:
    if not try_gate(_GATE):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BEYOND, {"limit": limit, "kept": KEPT_SECONDS})
        beyond = [pk for (pk,) in cursor.fetchall()]
    delete_runs([*beyond, *_launched_by(beyond)])
    return len(beyond)


def _launched_by(runs: Sequence[int]) -> list[int]:
    """The runs that workflows among `runs` launched, and those that these launched."""
    found: list[int] = []
    above = list(runs)
    while above:
        of_nodes = UnifiedJob.objects.filter(unified_job_node__workflow_job__in=above, finished__isnull=False)
        above = list(of_nodes.order_by().values_list("pk", flat=True))
        found += above
    return found
