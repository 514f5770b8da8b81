"""A million old runs are cleaned up, with their attempts and their rows of the ledger, while schedules go on.

The system job that does it is launched and carried out as in production; the floor is DELETE in the same batches.
"""

import json
import math
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import connection, transaction

from bench import workers
from bench.endpoint import Endpoint
from bench.loading import load
from bench.report import Figure, WrongCount, rate_against
from jobs.housekeeping import BATCH, DAYS
from jobs.launching import launch
from jobs.models import Attempt, JobTemplate, SystemJobTemplate, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import LaunchType, OverlapPolicy, Status
from jobs.system_jobs import make_missing_templates
from schedules.models import Occurrence, Schedule
from schedules.planning import compute_times, plan_wakeups
from tests.factories.jobs import make_job_template

# Old runs.
SIZE = 1_000_000
# Fewer are gone before anything is launched meanwhile.
SMALLEST = 100_000
# As many more as a tenth of these are younger, and left to the floor.
PER_SECOND = 20  # launches, meanwhile
QUIET_FOR = 30  # seconds without a clean-up, to compare with
LEAD = timedelta(seconds=5)
SAMPLE_EVERY = 0.05  # seconds
KEPT = timedelta(days=DAYS)


def run(size: int) -> Iterator[Figure]:
    left = max(BATCH, size // 10)
    with Endpoint() as endpoint:
        template = make_job_template(
            endpoint=f"{endpoint.url}/after/0.001", overlap_policy=OverlapPolicy.ALLOW
        )
        _load(template, size, left)
        with workers.worker(), workers.beat(), Watching() as watching:
            _go_on(template)
            time.sleep((LEAD * 2).total_seconds())
            endpoint.noted()
            time.sleep(QUIET_FOR)
            quiet = endpoint.noted().late
            watching.forget()
            seconds = _clean_up(size)
            meanwhile = endpoint.noted().late
            longest, blocked = watching.longest, watching.blocked
            floor = left / _by_hand()
    sizes: dict[str, int | str] = {"runs": size, "batch": BATCH, "launches_per_second": PER_SECOND}
    yield rate_against("retention.rate", ours=size / seconds, floor=floor, unit="runs/s", **sizes)
    before, after = _p99(quiet), _p99(meanwhile)
    yield Figure("retention.lateness.p99", after, "s", peer=before, ratio=before / after, sizes=sizes)
    yield Figure("retention.longest_transaction", longest, "s", sizes=sizes)
    yield Figure("retention.longest_wait_for_a_lock", blocked, "s", sizes=sizes)


def _load(template: JobTemplate, old: int, younger: int) -> None:
    """Runs that ended between 91 and 361 days ago, and those for the floor between 1 and 89."""
    now = datetime.now(UTC)
    ends = [now - KEPT - timedelta(days=271 - 270 * place / old) for place in range(old)]
    ends += [now - KEPT + timedelta(days=1 + 88 * place / younger) for place in range(younger)]
    Schedule.objects.bulk_create(
        Schedule(unified_job_template=template.template, name=f"Old {place}", rrule="", enabled=False)
        for place in range(100)
    )
    schedules = list(Schedule.objects.values_list("pk", flat=True))
    request = {"endpoint": template.endpoint, "method": "POST", "success_status": "200-299", "policy": {}}
    load(
        UnifiedJob(
            name=template.name,
            unified_job_template_id=template.pk,
            request=request,
            status=Status.SUCCESSFUL,
            launch_type=LaunchType.SCHEDULED,
            artifacts={"status": "ok", "processed": 3},
            attempts_made=1,
            elapsed=1,
            execution_node="belfry",
        ),
        (
            {
                "id": place,
                "run_id": UUID(int=place),
                "created": end,
                "scheduled_for": end,
                "started": end,
                "finished": end,
            }
            for place, end in enumerate(ends, start=1)
        ),
    )
    load(
        Attempt(
            number=1,
            worker="belfry",
            outcome="success",
            request={"method": "POST", "url": template.endpoint, "headers": HEADERS, "body": BODY},
            response_status=200,
            response_headers=HEADERS,
            response_body=BODY,
        ),
        ({"job_id": place, "started": end, "finished": end} for place, end in enumerate(ends, start=1)),
    )
    load(
        Occurrence(outcome=Occurrence.Outcome.LAUNCHED),
        (
            {
                "schedule_id": schedules[place % len(schedules)],
                "scheduled_for": end,
                "recorded": end,
                "job_id": place,
            }
            for place, end in enumerate(ends, start=1)
        ),
    )


HEADERS = {"Content-Type": "application/json", "User-Agent": "Belfry", "Idempotency-Key": "0" * 36}
BODY = json.dumps({"runId": "0" * 36, "status": "ok", "processed": 3, "items": list(range(20))})


def _go_on(template: JobTemplate) -> None:
    """Schedules that are due each minute, so many at each second of it."""
    begin = datetime.now(UTC).replace(microsecond=0) + LEAD
    dues = [begin + timedelta(seconds=second) for second in range(60) for _ in range(PER_SECOND)]
    schedules = [
        Schedule(
            unified_job_template=template.template,
            name=f"Schedule {place}",
            rrule=f"DTSTART:{due:%Y%m%dT%H%M%SZ} RRULE:FREQ=MINUTELY;INTERVAL=1",
        )
        for place, due in enumerate(dues)
    ]
    for schedule in schedules:
        compute_times(schedule, now=begin - timedelta(seconds=1))
    Schedule.objects.bulk_create(schedules)
    plan_wakeups(dues, now=datetime.now(UTC))


def _clean_up(number: int) -> float:
    """The seconds that the system job takes."""
    make_missing_templates()
    template = SystemJobTemplate.objects.get(job_type=SystemJobTemplate.JobType.CLEANUP_JOBS)
    job = launch(template, user=None, answers=LaunchAnswers(extra_vars={"days": DAYS}))
    workers.wait_until(
        lambda: UnifiedJob.objects.filter(pk=job.pk, finished__isnull=False).exists(), "clean-up"
    )
    job.refresh_from_db()
    deleted = job.artifacts.get("deleted", {})
    if (deleted.get("jobs"), deleted.get("occurrences")) != (number, number):
        raise WrongCount(f"Of {number} runs this was cleaned up: {deleted} {job.job_explanation}")
    assert job.started is not None
    assert job.finished is not None
    return (job.finished - job.started).total_seconds()


def _by_hand() -> float:
    """The seconds that plain statements take for the younger runs."""
    began, limit = time.monotonic(), datetime.now(UTC) - timedelta(days=1)
    with connection.cursor() as cursor:
        while True:
            with transaction.atomic():
                cursor.execute(
                    "SELECT id FROM jobs_unifiedjob WHERE finished < %s ORDER BY finished, id LIMIT %s",
                    [limit, BATCH],
                )
                ids = [row[0] for row in cursor.fetchall()]
                for table in ("schedules_occurrence", "jobs_attempt"):
                    cursor.execute(f"DELETE FROM {table} WHERE job_id = ANY(%s)", [ids])  # noqa: S608
                cursor.execute("DELETE FROM jobs_unifiedjob WHERE id = ANY(%s)", [ids])
            if len(ids) < BATCH:
                return time.monotonic() - began


class Watching:
    """Looks at all transactions, many times a second, while entered. Both figures are seconds."""

    def __init__(self) -> None:
        self.forget()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def forget(self) -> None:
        self.longest = self.blocked = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        with connection.cursor() as cursor:
            while not self._ended.wait(SAMPLE_EVERY):
                cursor.execute(_TRANSACTIONS)
                longest, blocked = cursor.fetchone()
                self.longest, self.blocked = max(self.longest, longest), max(self.blocked, blocked)
        connection.close()


_TRANSACTIONS = """
SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float,
    coalesce(extract(epoch FROM max(clock_timestamp() - query_start)
                                FILTER (WHERE wait_event_type = 'Lock')), 0)::float
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
"""


def _p99(late: list[float]) -> float:
    return sorted(late)[math.ceil(len(late) * 0.99) - 1]
