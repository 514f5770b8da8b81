from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.execution.claiming import claim
from jobs.execution.reaping import reap
from jobs.execution.results import Result, record
from jobs.models import Service, UnifiedJob
from jobs.statuses import BreakerState, Outcome, Status
from observability.counting import fold
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job, make_project
from tests.factories.runs import make_run, make_runs

pytestmark = pytest.mark.django_db

METRICS = "/api/v2/metrics/"


def lines() -> set[str]:
    answer = client_of(make_superuser()).get(METRICS, HTTP_ACCEPT="text/plain")
    assert answer["Content-Type"].startswith("text/plain")
    return set(answer.content.decode().splitlines())


def test_metrics_count_for_prometheus() -> None:
    make_job(status=Status.FAILED)
    make_job(status=Status.PENDING)

    assert {
        "# TYPE awx_job_templates_total gauge",
        "awx_job_templates_total 2.0",
        'awx_status_total{status="failed"} 1.0',
        'awx_status_total{status="successful"} 0.0',
        "awx_pending_jobs_total 1.0",
    } <= lines()


def test_metrics_are_json_where_that_is_asked_for() -> None:
    found = client_of(make_superuser()).get(f"{METRICS}?format=json").json()

    assert found["awx_users_total"]["samples"] == [{"labels": {}, "value": 1}]
    late = found["belfry_run_lateness_seconds"]
    assert late["type"] == "histogram"
    assert {sample["sample_type"] for sample in late["samples"]} == {"bucket", "count", "sum"}


def test_metrics_are_for_those_who_read_all() -> None:
    user = client_of(make_user())

    refused = user.get(METRICS, HTTP_ACCEPT="text/plain")

    assert (refused.status_code, b"permission" in refused.content) == (403, True)
    assert user.options(METRICS).status_code == 200
    assert client_of(make_user(is_system_auditor=True)).get(METRICS).status_code == 200
    page = client_of(make_superuser()).get(METRICS, HTTP_ACCEPT="text/html")
    assert (page.status_code, b"awx_users_total" in page.content) == (200, True)


def result(run: UnifiedJob, outcome: Outcome) -> Result:
    return Result(
        job_id=run.pk, run_id=run.run_id, number=1, started=timezone.now(), seconds=0.1, outcome=outcome
    )


def test_runs_are_counted_on_their_way() -> None:
    late, on_time, backfilled, waiting = make_runs(4, "http://127.0.0.1:9/", status=Status.WAITING)
    now = timezone.now()
    for run, seconds in ((late, 42), (on_time, 0.4)):
        UnifiedJob.objects.filter(pk=run.pk).update(due_at=now - timedelta(seconds=seconds))
    UnifiedJob.objects.filter(pk=backfilled.pk).update(scheduled_for=now - timedelta(seconds=7000))
    UnifiedJob.objects.filter(pk=waiting.pk).update(available_at=now + timedelta(hours=1))
    claim("me", node="me", limit=10, lease_seconds=30, now=now)
    record("me", [result(late, Outcome.TIMEOUT), result(on_time, Outcome.SUCCESS)])

    before = lines()
    fold()

    assert {line for line in lines() if "users" not in line} == {
        line for line in before if "users" not in line
    }
    assert {
        'awx_status_total{status="failed"} 1.0',
        'awx_status_total{status="successful"} 1.0',
        'awx_status_total{status="running"} 1.0',
        'awx_status_total{status="waiting"} 1.0',
        "awx_running_jobs_total 1.0",
        "belfry_runs_in_flight 1.0",
        "belfry_queue_depth 1.0",
        "belfry_queue_oldest_seconds 0.0",
        'belfry_runs_ended_total{reason="timeout",status="failed"} 1.0',
        'belfry_runs_ended_total{reason="",status="successful"} 1.0',
        'belfry_attempts_total{outcome="timeout"} 1.0',
        'belfry_attempts_total{outcome="success"} 1.0',
        'belfry_run_lateness_seconds_bucket{le="0.25"} 0.0',
        'belfry_run_lateness_seconds_bucket{le="0.5"} 1.0',
        'belfry_run_lateness_seconds_bucket{le="30"} 1.0',
        'belfry_run_lateness_seconds_bucket{le="60"} 2.0',
        'belfry_run_lateness_seconds_bucket{le="+Inf"} 2.0',
        "belfry_run_lateness_seconds_count 2.0",
        "belfry_run_lateness_seconds_sum 42.4",
    } <= before


def test_lost_and_deleted_runs_are_counted() -> None:
    lost = make_run(status=Status.WAITING)
    claim("me", node="me", limit=10, lease_seconds=30)
    reap(timezone.now() + timedelta(hours=1))
    make_run(status=Status.PENDING).delete()
    UnifiedJob.objects.filter(pk=lost.pk).delete()

    assert {
        'belfry_runs_ended_total{reason="lost",status="error"} 1.0',
        'belfry_attempts_total{outcome="lost"} 1.0',
        'awx_status_total{status="error"} 0.0',
        'awx_status_total{status="pending"} 0.0',
    } <= lines()


@pytest.mark.parametrize("is_limited", [False, True])
def test_a_run_that_is_due_and_waits_shows(is_limited: bool) -> None:
    service = Service.objects.create(project=make_project(max_concurrent_calls=1))
    make_run(
        status=Status.WAITING,
        available_at=timezone.now() - timedelta(minutes=5),
        service=service if is_limited else None,
    )

    [age] = [line for line in lines() if line.startswith("belfry_queue_oldest_seconds ")]

    assert float(age.split()[1]) == pytest.approx(300, abs=30)


def test_breakers_show_their_state() -> None:
    guarded = make_project(name='Billing "B"', breaker_threshold=3)
    Service.objects.create(project=guarded, breaker=BreakerState.OPEN)
    Service.objects.create(project=make_project(breaker_threshold=0))

    told = {line for line in lines() if line.startswith("belfry_breaker_state{")}

    assert told == {
        f'belfry_breaker_state{{name="Billing \\"B\\"",project="{guarded.pk}",state="{state}"}} {value}'
        for state, value in (("closed", 0.0), ("open", 1.0), ("half_open", 0.0))
    }


def test_every_figure_can_be_read_by_prometheus() -> None:
    families = list(text_string_to_metric_families("\n".join(sorted_as_sent())))

    names = {family.name for family in families}
    assert {"belfry_run_lateness_seconds", "belfry_runs_ended", "belfry_attempts"} <= names
    assert all(family.documentation for family in families)


def sorted_as_sent() -> Iterator[str]:
    answer = client_of(make_superuser()).get(METRICS, HTTP_ACCEPT="text/plain")
    yield from answer.content.decode().splitlines()


def test_figures_cost_the_same_with_many_runs() -> None:
    admin = client_of(make_superuser())
    costs = []
    for number in (1, 200):
        make_runs(number, "http://127.0.0.1:9/", status=Status.FAILED, finished=datetime.now().astimezone())
        with CaptureQueriesContext(connection) as captured:
            admin.get(METRICS)
        costs.append(len(captured))
        assert not any(
            '"jobs_unifiedjob"' in one["sql"] and "available_at" not in one["sql"] for one in captured
        )

    assert costs[0] == costs[1]
