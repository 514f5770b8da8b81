from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import SystemJob, SystemJobTemplate
from jobs.statuses import Status
from jobs.system_jobs import make_missing_templates

pytestmark = pytest.mark.django_db

TEMPLATES, JOBS = "/api/v2/system_job_templates/", "/api/v2/system_jobs/"


@pytest.fixture(autouse=True)
def template() -> SystemJobTemplate:
    return next(one for one in make_missing_templates() if one.job_type == "cleanup_jobs")


def launch(client: APIClient, template: SystemJobTemplate, **body: Any) -> Any:
    return client.post(f"{TEMPLATES}{template.pk}/launch/", body, format="json")


def test_awx_templates_are_there_once(admin: APIClient) -> None:
    assert make_missing_templates() == []
    assert [one["name"] for one in admin.get(TEMPLATES).json()["results"]] == [
        "Cleanup Activity Stream",
        "Cleanup Expired OAuth 2 Tokens",
        "Cleanup Expired Sessions",
        "Cleanup Job Details",
    ]
    [found] = admin.get(f"{TEMPLATES}?job_type=cleanup_tokens").json()["results"]
    assert (found["type"], found["job_type"]) == ("system_job_template", "cleanup_tokens")
    listed = admin.get("/api/v2/unified_job_templates/?type=system_job_template").json()
    assert listed["count"] == 4


def test_templates_are_not_made_changed_or_deleted(admin: APIClient, template: SystemJobTemplate) -> None:
    path = f"{TEMPLATES}{template.pk}/"

    assert admin.post(TEMPLATES, {"name": "x"}, format="json").status_code == 405
    assert admin.patch(path, {"name": "x"}, format="json").status_code == 405
    assert admin.delete(path).status_code == 405


def test_lists_are_for_superusers_and_auditors(stranger: APIClient, auditor: APIClient) -> None:
    for path in (TEMPLATES, JOBS):
        refused = stranger.get(path)

        assert (refused.status_code, refused.json()) == (403, {"detail": "Superuser privileges needed."})
        assert auditor.get(path).status_code == 200


def test_only_superusers_launch(stranger: APIClient, auditor: APIClient, template: SystemJobTemplate) -> None:
    assert launch(stranger, template).status_code == 403
    assert launch(auditor, template).status_code == 403
    assert not SystemJob.objects.exists()


def test_launch_makes_a_run_with_the_variables_as_they_are(
    admin: APIClient, template: SystemJobTemplate
) -> None:
    assert admin.get(f"{TEMPLATES}{template.pk}/launch/").json() == {}

    made = launch(admin, template, extra_vars={"days": "x"})

    body = made.json()
    assert (made.status_code, body["system_job"]) == (201, body["id"])
    assert (body["type"], body["status"], body["job_type"]) == ("system_job", "pending", "cleanup_jobs")
    assert (body["extra_vars"], body["name"]) == ('{"days": "x"}', "Cleanup Job Details")
    assert body["summary_fields"]["user_capabilities"] == {"delete": True, "start": False}
    assert made["Location"] == body["url"] == f"{JOBS}{body['id']}/"
    assert admin.get(f"{TEMPLATES}{template.pk}/jobs/").json()["count"] == 1
    assert admin.get("/api/v2/unified_jobs/").json()["results"][0]["type"] == "system_job"
    assert admin.get("/api/v2/jobs/").json()["count"] == 0


@pytest.mark.parametrize("variables", ["[", [1], 5])
def test_variables_must_be_a_mapping(
    admin: APIClient, template: SystemJobTemplate, variables: object
) -> None:
    answer = launch(admin, template, extra_vars=variables)

    assert (answer.status_code, list(answer.json())) == (400, ["extra_vars"])


def test_run_is_canceled_and_deleted(admin: APIClient, template: SystemJobTemplate) -> None:
    path = launch(admin, template)["Location"]

    assert admin.get(f"{path}cancel/").json() == {"can_cancel": True, "job_explanation": ""}
    assert admin.delete(path).status_code == 403
    assert admin.post(f"{path}cancel/").status_code == 202
    assert admin.get(path).json()["status"] == "canceled"
    assert admin.post(f"{path}relaunch/").status_code == 404
    assert admin.delete(path).status_code == 204


def test_record_says_what_was_removed(admin: APIClient, template: SystemJobTemplate) -> None:
    path = launch(admin, template)["Location"]
    SystemJob.objects.update(
        status=Status.SUCCESSFUL,
        started="2030-01-05T00:00Z",
        artifacts={"deleted": {"jobs": 7}, "before": "2030-01-01T00:00:00+00:00", "days": 5},
        elapsed=1,
    )

    text = admin.get(f"{path}stdout/?format=txt").content.decode()

    assert "  jobs: 7 deleted" in text.splitlines()
    assert admin.get(path).json()["result_stdout"] == text
    assert admin.get(f"{path}events/").json()["results"][0]["type"] == "system_job_event"
