from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import SystemJobTemplate
from jobs.system_jobs import make_missing_templates
from tests.factories.access import client_of, make_superuser, make_user

pytestmark = pytest.mark.django_db

RULE = "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


@pytest.fixture
def templates() -> dict[str, SystemJobTemplate]:
    return {template.job_type: template for template in make_missing_templates()}


def schedule(client: APIClient, template: SystemJobTemplate, **body: Any) -> Any:
    body = {"name": "x", "rrule": RULE} | body
    return client.post(f"/api/v2/system_job_templates/{template.pk}/schedules/", body, format="json")


def test_schedule_of_a_system_job(admin: APIClient, templates: dict[str, SystemJobTemplate]) -> None:
    made = schedule(admin, templates["cleanup_jobs"], extra_data={"days": "30"})

    assert (made.status_code, made.json()["extra_data"]) == (201, {"days": "30"})
    summary = made.json()["summary_fields"]["unified_job_template"]
    assert (summary["unified_job_type"], summary["job_type"]) == ("system_job", "cleanup_jobs")


@pytest.mark.parametrize(
    ("extra_data", "texts"),
    [
        ({"days": None}, ["days must be a positive integer."]),
        ({"x": 1}, ["Variables x are not allowed for system jobs."]),
        (
            {"days": "x", "x": 1},
            ["Variables x are not allowed for system jobs.", "days must be a positive integer."],
        ),
    ],
)
def test_bad_variables_are_refused(
    admin: APIClient, templates: dict[str, SystemJobTemplate], extra_data: dict[str, Any], texts: list[str]
) -> None:
    answer = schedule(admin, templates["cleanup_jobs"], extra_data=extra_data)

    assert (answer.status_code, answer.json()) == (400, {"extra_data": texts})


def test_days_of_sessions_are_not_looked_at(
    admin: APIClient, templates: dict[str, SystemJobTemplate]
) -> None:
    assert schedule(admin, templates["cleanup_sessions"], extra_data={"days": "x"}).status_code == 201


def test_prompts_are_refused(admin: APIClient, templates: dict[str, SystemJobTemplate]) -> None:
    answer = schedule(admin, templates["cleanup_jobs"], limit="x")

    assert (answer.status_code, answer.json()) == (400, {"limit": ["Field is not allowed on launch."]})


def test_only_superusers_schedule(templates: dict[str, SystemJobTemplate]) -> None:
    assert schedule(client_of(make_user()), templates["cleanup_jobs"]).status_code == 403


def test_schedules_below_a_system_job_are_its_template_s(
    admin: APIClient, templates: dict[str, SystemJobTemplate]
) -> None:
    template = templates["cleanup_jobs"]
    schedule(admin, template)
    job = admin.post(f"/api/v2/system_job_templates/{template.pk}/launch/", {}, format="json").json()

    made = admin.post(f"{job['url']}schedules/", {"name": "y", "rrule": RULE}, format="json")

    assert made.json()["unified_job_template"] == template.pk
    assert admin.get(f"{job['url']}schedules/").json()["count"] == 2
    assert admin.get("/api/v2/system_jobs/999999/schedules/").status_code == 404
