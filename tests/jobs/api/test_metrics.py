import pytest

from jobs.statuses import Status
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job

pytestmark = pytest.mark.django_db

METRICS = "/api/v2/metrics/"


def test_metrics_count_for_prometheus() -> None:
    make_job(status=Status.FAILED)
    make_job(status=Status.PENDING)
    answer = client_of(make_superuser()).get(METRICS, HTTP_ACCEPT="text/plain")

    lines = answer.content.decode().splitlines()

    assert answer["Content-Type"].startswith("text/plain")
    assert {
        "# TYPE awx_job_templates_total gauge",
        "awx_job_templates_total 2",
        'awx_status_total{status="failed"} 1',
        'awx_status_total{status="successful"} 0',
        "awx_pending_jobs_total 1",
    } <= set(lines)


def test_metrics_are_json_where_that_is_asked_for() -> None:
    found = client_of(make_superuser()).get(f"{METRICS}?format=json").json()

    assert found["awx_users_total"]["samples"] == [{"labels": {}, "value": 1}]


def test_metrics_are_for_those_who_read_all() -> None:
    user = client_of(make_user())

    refused = user.get(METRICS, HTTP_ACCEPT="text/plain")

    assert (refused.status_code, b"permission" in refused.content) == (403, True)
    assert user.options(METRICS).status_code == 200
    assert client_of(make_user(is_system_auditor=True)).get(METRICS).status_code == 200
