"""How a template's runs went over a while, and how long they took."""

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
