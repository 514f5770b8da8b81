from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import User
from jobs.models import UnifiedJob
from jobs.statuses import Status
from tests.factories.jobs import make_job, make_job_template, make_project

LIST = "/api/v2/job_templates/"


def launch_path(template: Any) -> str:
    return f"{LIST}{template.pk}/launch/"


def test_launch_says_beforehand_what_it_asks_for(admin: APIClient) -> None:
    template = make_job_template(
        name="Nightly", limit="x", forks=2, extra_vars="---\na: 1", ask_limit_on_launch=True
    )

    body = admin.get(launch_path(template)).json()

    assert body["can_start_without_user_input"] is False
    assert body["ask_limit_on_launch"] is True
    assert body["ask_variables_on_launch"] is False
    assert body["passwords_needed_to_start"] == body["variables_needed_to_start"] == []
    assert (
        body["credential_needed_to_start"]
        is body["inventory_needed_to_start"]
        is body["survey_enabled"]
        is False
    )
    assert body["job_template_data"] == {"name": "Nightly", "id": template.pk, "description": ""}
    assert body["defaults"] == {
        "inventory": {"name": None, "id": None},
        "limit": "x",
        "scm_branch": "",
        "job_tags": "",
        "skip_tags": "",
        "extra_vars": "---\na: 1",
        "diff_mode": False,
        "job_type": "run",
        "verbosity": 0,
        "forks": 2,
        "job_slice_count": 1,
        "timeout": 0,
        "credentials": [],
        "execution_environment": {},
        "labels": [],
        "instance_groups": [],
    }


def test_launch_makes_a_pending_run_and_answers_the_whole_of_it(admin: APIClient, root: User) -> None:
    template = make_job_template(name="Nightly", extra_vars="a: 1")

    answer = admin.post(launch_path(template))

    job = UnifiedJob.objects.get()
    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v2/jobs/{job.pk}/")
    assert (body["job"], body["id"], body["ignored_fields"]) == (job.pk, job.pk, {})
    assert (body["type"], body["status"], body["launch_type"]) == ("job", "pending", "manual")
    assert (body["name"], body["job_template"], body["unified_job_template"]) == (
        "Nightly",
        template.pk,
        template.pk,
    )
    assert body["extra_vars"] == '{"a": 1}'
    assert body["launched_by"] == {
        "id": root.pk,
        "name": "root",
        "type": "user",
        "url": f"/api/v2/users/{root.pk}/",
    }
    assert body["run_id"] == str(job.run_id)


def test_answers_to_prompts_are_taken(admin: APIClient) -> None:
    asks = (
        "variables",
        "limit",
        "tags",
        "skip_tags",
        "verbosity",
        "diff_mode",
        "job_type",
        "forks",
        "timeout",
    )
    template = make_job_template(**{f"ask_{name}_on_launch": True for name in asks})
    sent = {
        "limit": "x",
        "job_tags": "t",
        "skip_tags": "s",
        "verbosity": 1,
        "diff_mode": True,
        "job_type": "check",
        "forks": 1,
        "timeout": 2,
    }

    body = admin.post(
        launch_path(template), sent | {"extra_vars": {"a": 1}, "credentials": [], "labels": []}
    ).json()

    assert {name: body[name] for name in sent} == sent
    assert body["extra_vars"] == '{"a": 1}'
    assert body["ignored_fields"] == {}


def test_what_is_not_asked_for_is_ignored_and_named(admin: APIClient) -> None:
    template = make_job_template()

    body = admin.post(launch_path(template), {"limit": "x", "extra_vars": {"a": 1}}).json()

    assert body["ignored_fields"] == {"limit": "x", "extra_vars": {"a": 1}}
    assert (body["limit"], body["extra_vars"]) == ("", "{}")


@pytest.mark.parametrize("variables", ['{"a": 1}', "a: 1", {"a": 1}])
def test_variables_may_be_an_object_or_text(admin: APIClient, variables: Any) -> None:
    template = make_job_template(ask_variables_on_launch=True)

    assert admin.post(launch_path(template), {"extra_vars": variables}).json()["extra_vars"] == '{"a": 1}'


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"inventory": 999999}, {"inventory": ['Invalid pk "999999" - object does not exist.']}),
        ({"job_type": "x"}, {"job_type": ['"x" is not a valid choice.']}),
        ({"verbosity": 9}, {"verbosity": ['"9" is not a valid choice.']}),
        ({"forks": -1}, {"forks": ["Ensure this value is greater than or equal to 0."]}),
        ({"credentials": [999999]}, {"credentials": ['Invalid pk "999999" - object does not exist.']}),
        ({"credentials": "x"}, {"credentials": ['Expected a list of items but got type "str".']}),
        ({"labels": [5]}, {"labels": ['Invalid pk "5" - object does not exist.']}),
        (
            {"extra_vars": 5},
            {
                "extra_vars": [
                    (
                        "Cannot parse as JSON (error: the JSON object must be str, bytes or bytearray, not int) or "
                        "YAML (error: 'int' object has no attribute 'read')."
                    )
                ]
            },
        ),
        ({"extra_vars": '{"a": "\\u0000"}'}, {"extra_vars": ["Null characters are not allowed."]}),
    ],
)
def test_bad_answers_are_refused_and_nothing_runs(
    admin: APIClient, sent: dict[str, Any], errors: Any
) -> None:
    template = make_job_template(ask_variables_on_launch=True, ask_job_type_on_launch=True)

    answer = admin.post(launch_path(template), sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not UnifiedJob.objects.exists()


def test_body_must_be_an_object(admin: APIClient) -> None:
    answer = admin.post(launch_path(make_job_template()), "[1]", content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"detail": "JSON parse error - not a JSON object"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"endpoint": ""}, "Job Template endpoint is missing or undefined."),
        (
            {"endpoint": "/path"},
            "Job Template endpoint is a path, and no project with a base URL (scm_url) says where it leads.",
        ),
    ],
)
def test_template_without_a_target_cannot_be_launched(admin: APIClient, values: Any, message: str) -> None:
    answer = admin.post(launch_path(make_job_template(**values)))

    assert (answer.status_code, answer.json()) == (400, {"resources_needed_to_start": [message]})


def test_path_is_launched_below_its_project(admin: APIClient) -> None:
    template = make_job_template(endpoint="/path", project=make_project())

    assert admin.post(launch_path(template)).status_code == 201


def test_launch_of_nothing_is_404(admin: APIClient) -> None:
    answer = admin.post(f"{LIST}999999/launch/")

    assert (answer.status_code, answer.json()) == (404, {"detail": "No JobTemplate matches the given query."})


def test_options_of_a_launch_teach_the_prompts_though_there_is_no_template(admin: APIClient) -> None:
    answer = admin.options(f"{LIST}1/launch/")

    post = answer.json()["actions"]["POST"]
    assert answer.status_code == 200
    assert not [name for name, field in post.items() if field["required"]]
    assert (post["job_type"]["type"], post["forks"]["type"], post["inventory"]["type"]) == (
        "choice",
        "integer",
        "id",
    )
    assert (post["credentials"]["type"], post["extra_vars"]["type"]) == ("list_of_ids", "json")


def test_relaunch_runs_the_template_again_with_the_old_answers(admin: APIClient) -> None:
    job = make_job(make_job_template(), extra_vars={"a": 1}, prompts={"limit": "x"})
    path = f"/api/v2/jobs/{job.pk}/relaunch/"

    assert admin.get(path).json()["passwords_needed_to_start"] == []
    answer = admin.post(path)

    body = answer.json()
    assert answer.status_code == 201
    assert body["job"] == body["id"] != job.pk
    assert (body["launch_type"], body["status"]) == ("relaunch", "pending")
    assert "ignored_fields" not in body


def test_run_of_a_deleted_template_cannot_be_relaunched(admin: APIClient) -> None:
    job = make_job()
    assert job.unified_job_template is not None
    job.unified_job_template.delete()

    assert admin.post(f"/api/v2/jobs/{job.pk}/relaunch/").status_code == 400


def test_nothing_failed_so_nothing_of_it_is_repeated(admin: APIClient) -> None:
    path = f"/api/v2/jobs/{make_job(status=Status.SUCCESSFUL).pk}/relaunch/"

    assert admin.post(path, {"hosts": "failed"}).json() == {
        "hosts": ["Cannot relaunch because previous job had 0 failed hosts."]
    }
    assert admin.post(path, {"hosts": "x"}).json() == {"hosts": ['"x" is not a valid choice.']}
