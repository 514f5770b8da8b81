from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Project
from jobs.statuses import Status
from tests.factories.jobs import make_job, make_job_template, make_organization, make_project

LIST = "/api/v2/projects/"


def test_project_is_a_service_with_a_base_url(admin: APIClient) -> None:
    organization = make_organization()
    sent = {
        "name": "Billing",
        "organization": organization.pk,
        "scm_type": "git",
        "scm_url": "https://billing.example.com/api",
        "allow_override": True,
        "scm_branch": "main",
        "timeout": 5,
    }

    answer = admin.post(LIST, sent)

    assert answer.status_code == 201
    body = answer.json()
    assert {name: body[name] for name in sent} == sent
    assert (body["type"], body["status"], body["credential"]) == ("project", "pending", None)
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"scm_type": "x"}, {"scm_type": ['"x" is not a valid choice.']}),
        ({"organization": 999999}, {"organization": ['Invalid pk "999999" - object does not exist.']}),
        (
            {"scm_url": "ftp://x/"},
            {"scm_url": ["Enter a URL of http://, https://, amqp://, amqps://, redis:// or rediss://."]},
        ),
        ({"credential": 1}, {"credential": ['Invalid pk "1" - object does not exist.']}),
    ],
)
def test_bad_input_is_refused(admin: APIClient, sent: dict[str, Any], errors: Any) -> None:
    answer = admin.post(LIST, {"name": "x"} | sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not Project.objects.exists()


def test_infinite_id_of_what_is_absent_is_refused(admin: APIClient) -> None:
    answer: Any = admin.generic("POST", LIST, '{"name": "x", "credential": 1e999}', "application/json")

    refusal = {"credential": ["Incorrect type. Expected pk value, received float."]}
    assert (answer.status_code, answer.json()) == (400, refusal)
    assert not Project.objects.exists()


def test_name_is_unique_in_an_organization(admin: APIClient) -> None:
    project = make_project(organization=make_organization())

    answer = admin.post(LIST, {"name": project.name, "organization": project.organization_id})

    assert answer.json() == {
        "__all__": ["Project with this (organization, name) combination already exists."]
    }


def test_project_can_be_changed_and_deleted(admin: APIClient, stranger: APIClient) -> None:
    project = make_project()
    path = f"{LIST}{project.pk}/"

    assert stranger.patch(path, {"description": "x"}).status_code == 403
    assert admin.patch(path, {"description": "changed"}).json()["description"] == "changed"
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_project_in_use_by_a_run_cannot_be_deleted(admin: APIClient) -> None:
    project = make_project()
    job = make_job(make_job_template(project=project), status=Status.RUNNING)

    answer = admin.delete(f"{LIST}{project.pk}/")

    assert answer.status_code == 409
    assert answer.json()["active_jobs"] == [{"id": job.pk, "type": "job"}]
