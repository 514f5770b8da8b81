"""Lists of templates can be filtered and ordered by what the database computes of their runs and schedules."""

from datetime import UTC, datetime

import pytest

from jobs.statuses import Status
from tests.factories.access import client_of, make_superuser
from tests.factories.jobs import make_job, make_job_template
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("resource", ["job_templates", "unified_job_templates"])
def test_templates_are_filtered_and_ordered_by_the_state_of_their_runs(resource: str) -> None:
    never, failed, fine = (make_job_template(name=name) for name in ("never", "failed", "fine"))
    make_job(failed, status=Status.FAILED)
    make_job(fine, finished=datetime(2031, 1, 1, tzinfo=UTC))
    schedule = make_schedule(template=fine)
    client = client_of(make_superuser())

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"/api/v2/{resource}/?{query}").json()["results"]]

    assert names("last_job_failed=true") == ["failed"]
    assert names("status=failed") == ["failed"]
    assert names("status__in=failed,successful&order_by=-name") == ["fine", "failed"]
    assert names("last_job_run__gt=2030-06-01") == ["fine"]
    assert names("last_job_run__isnull=true") == [never.name]
    assert names("or__status=failed&or__next_job_run__isnull=false&order_by=name") == ["failed", "fine"]
    assert names(f"next_schedule={schedule.pk}") == names("next_schedule__isnull=false") == ["fine"]
    assert names("order_by=last_job_run") == ["failed", "fine", "never"]
    assert names("order_by=-last_job_run,name")[1:] == ["fine", "failed"]
    assert names("not__status=failed&labels__isnull=true&order_by=name") == ["fine", "never"]


def test_wrong_values_of_computed_names_are_refused() -> None:
    client = client_of(make_superuser())

    for query in ("last_job_run=x", "last_job_failed=x", "status__x=1", "recent_jobs_data=1"):
        assert client.get(f"/api/v2/job_templates/?{query}").status_code == 400
    assert client.get("/api/v2/job_templates/?next_schedule=x").status_code == 400


def test_metadata_says_that_computed_names_are_filterable() -> None:
    fields = client_of(make_superuser()).options("/api/v2/job_templates/").json()["actions"]["GET"]

    assert [
        fields[name]["filterable"] for name in ("last_job_run", "last_job_failed", "next_job_run", "status")
    ] == [True] * 4
