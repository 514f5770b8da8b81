from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import UnifiedJob
from jobs.statistics import statistics_of
from jobs.statuses import Status
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.runs import make_job_template, make_runs

pytestmark = pytest.mark.django_db

ENDED = ("successful", "failed", "error", "canceled")


def path(template: int) -> str:
    return f"/api/v2/job_templates/{template}/statistics/"


def make_ended(template: int, number: int, status: str = Status.SUCCESSFUL, *, days: float = 1) -> None:
    """Runs that ended so, and took 1, 2, 3 … seconds."""
    ended = timezone.now() - timedelta(days=days)
    values = {"unified_job_template_id": template, "status": status, "started": ended, "finished": ended}
    runs = make_runs(number, "http://127.0.0.1:9/", **values)
    for seconds, run in enumerate(runs, start=1):
        run.elapsed = seconds
    UnifiedJob.objects.bulk_update(runs, ["elapsed"])


def test_statistics_of_a_template() -> None:
    template, other = make_job_template().pk, make_job_template().pk
    make_ended(template, 97)
    make_ended(template, 2, Status.FAILED)
    make_ended(template, 1, Status.ERROR)
    make_ended(template, 5, Status.CANCELED)
    make_ended(template, 3, days=8)
    make_ended(other, 3, Status.FAILED)
    make_runs(1, "http://127.0.0.1:9/", unified_job_template_id=template)

    found = client_of(make_superuser()).get(path(template)).json()

    assert {name: found[name] for name in ("runs", *ENDED)} == {
        "runs": 105,
        "successful": 97,
        "failed": 2,
        "error": 1,
        "canceled": 5,
    }
    assert found["success_rate"] == 0.97
    assert found["duration"] == {"p50": 47.5, "p95": 92.05, "p99": 96.01}


def test_statistics_without_runs() -> None:
    found = client_of(make_superuser()).get(path(make_job_template().pk)).json()

    assert (found["runs"], found["success_rate"], found["duration"]) == (0, None, None)


@pytest.mark.parametrize(("days", "runs"), [("1", 0), ("7", 2), ("30", 5)])
def test_statistics_of_other_days(days: str, runs: int) -> None:
    template = make_job_template().pk
    make_ended(template, 2, days=2)
    make_ended(template, 3, days=20)

    assert client_of(make_superuser()).get(path(template), {"days": days}).json()["runs"] == runs


@pytest.mark.parametrize("days", ["0", "-1", "367", "x", "1.5", "9" * 400])
def test_days_that_are_none(days: str) -> None:
    answer = client_of(make_superuser()).get(path(make_job_template().pk), {"days": days})

    assert answer.status_code == 400
    assert list(answer.json()) == ["days"]


def test_statistics_are_for_those_who_read_the_template() -> None:
    template = make_job_template().pk

    assert client_of(make_user()).get(path(template)).status_code == 403
    assert client_of(make_user(is_system_auditor=True)).get(path(template)).status_code == 200
    assert client_of(make_superuser()).get(path(template + 1)).status_code == 404


def test_statistics_are_read_from_an_index() -> None:
    template = make_job_template().pk
    make_ended(template, 300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_unifiedjob")
        # What else costs nearly as much for so few rows.
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT count(*), sum(elapsed) FROM jobs_unifiedjob "
            "WHERE unified_job_template_id = %s AND finished >= now() AND status <> 'canceled'",
            [template],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using job_ended" in plan
    assert statistics_of(template, since=timezone.now() - timedelta(days=7)).runs == 300
