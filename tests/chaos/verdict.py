"""What an ordeal did to the record: whatever was due must have become of something, once, and have ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jobs.models import UnifiedJob
from jobs.statuses import FINISHED, LaunchType, Status
from schedules.models import Occurrence, Schedule
from tests.chaos.load import Due

# What was due has a row of its own, or lies within one that stands for many.
_UNRECORDED = """
SELECT count(*) FROM unnest(%s::bigint[], %s::timestamptz[]) AS due (schedule, at)
WHERE NOT EXISTS (
    SELECT 1 FROM schedules_occurrence AS occurrence
    WHERE occurrence.schedule_id = due.schedule
      AND (date_trunc('second', occurrence.scheduled_for) = due.at
           OR due.at BETWEEN occurrence.scheduled_for AND occurrence.through))
"""
_LAUNCHED_AGAIN = """
SELECT count(*) - count(DISTINCT (occurrence.schedule_id, job.scheduled_for))
FROM schedules_occurrence AS occurrence JOIN jobs_unifiedjob AS job ON job.id = occurrence.job_id
"""


@dataclass(frozen=True)
class Verdict:
    """What was `lost`, `doubled` or got `stuck`.

    Lost is what was due and nothing became of it, or only in words; doubled, what was launched twice or called more
    often than its attempts say; stuck, what has not ended.
    """

    occurrences: int
    launches: int
    coalesced: int
    calls: int
    statuses: Mapping[str, int]
    lost: int
    doubled: int
    stuck: int

    @property
    def is_good(self) -> bool:
        return self.lost == self.doubled == self.stuck == 0


def judge(due: Sequence[Due], called: Counter[str]) -> Verdict:
    """`called` has how often the endpoint saw each idempotency key."""
    outcomes = Counter(Occurrence.objects.values_list("outcome", flat=True))
    runs = list(UnifiedJob.objects.values_list("run_id", "status", "attempts_made"))
    launches = Occurrence.objects.filter(job__isnull=False)
    scheduled = UnifiedJob.objects.filter(launch_type=LaunchType.SCHEDULED)
    return Verdict(
        occurrences=len(due),
        launches=launches.count(),
        coalesced=outcomes[Occurrence.Outcome.COALESCED],
        calls=called.total(),
        statuses=dict(Counter(status for _, status, _ in runs)),
        lost=_count(_UNRECORDED, [[one.schedule for one in due], [one.at for one in due]])
        + Occurrence.objects.filter(outcome=Occurrence.Outcome.LAUNCHED, job__isnull=True).count()
        + sum(status == Status.SUCCESSFUL and not called[str(run)] for run, status, _ in runs),
        doubled=_count(_LAUNCHED_AGAIN, [])
        + scheduled.filter(occurrence__isnull=True).count()
        + sum(called[str(run)] > attempts for run, _, attempts in runs),
        stuck=sum(status not in FINISHED for _, status, _ in runs)
        + Schedule.objects.filter(next_run__isnull=False).count()
        + Schedule.objects.exclude(quarantine_reason="").count(),
    )


def _count(query: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.fetchone()[0])
