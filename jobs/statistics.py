"""How a template's runs went over a while, and how long they took."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from jobs.statuses import Status


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds that half of the runs took at most, 95 and 99 of a hundred."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """`success_rate` is that of the runs that were not canceled, from 0 to 1; None without any, as `duration` is."""

    since: datetime
    runs: int
    successful: int
    failed: int
    error: int
    canceled: int
    duration: Durations | None

    @property
    def success_rate(self) -> float | None:
        judged = self.runs - self.canceled
        return round(self.successful / judged, 6) if judged else None


# An index on (template, finished) has all that is asked for.
_ASK = f"""
SELECT count(*),
       count(*) FILTER (WHERE status = '{Status.SUCCESSFUL}'),
       count(*) FILTER (WHERE status = '{Status.FAILED}'),
       count(*) FILTER (WHERE status = '{Status.ERROR}'),
       count(*) FILTER (WHERE status = '{Status.CANCELED}'),
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY elapsed)
           FILTER (WHERE status <> '{Status.CANCELED}')
FROM jobs_unifiedjob
WHERE unified_job_template_id = %s AND finished >= %s
"""  # noqa: S608 (only our own words are put in)


def statistics_of(template: int, *, since: datetime) -> Statistics:
    """Of the runs of this template that ended at `since` or later: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [template, since])
        *counts, percentiles = cursor.fetchone()
    duration = Durations(*(round(seconds, 3) for seconds in percentiles)) if percentiles else None
    runs, successful, failed, error, canceled = counts
    return Statistics(since, runs, successful, failed, error, canceled, duration)


# However often a template is launched, of each so few entries of the index (template, finished) are read.
RUNS_MEASURED = 100

_ASK_MANY = f"""
SELECT template.id, percentile_cont(0.95) WITHIN GROUP (ORDER BY run.elapsed)
FROM unnest(%s::bigint[]) AS template (id), LATERAL (
    SELECT elapsed FROM jobs_unifiedjob
    WHERE unified_job_template_id = template.id AND finished >= %s AND status <> '{Status.CANCELED}'
    ORDER BY finished DESC
    LIMIT {RUNS_MEASURED}
) AS run
GROUP BY template.id
"""  # noqa: S608 (only our own words are put in)


def usual_seconds(templates: Collection[int], *, since: datetime) -> dict[int, float]:
    """By template what 95 of a hundred of its runs took at most: its last RUNS_MEASURED that ended at `since` or later
    and were not canceled. Templates without any are left out. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ASK_MANY, [list(templates), since])
        return {template: round(seconds, 3) for template, seconds in cursor.fetchall()}
