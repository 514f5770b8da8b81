from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from credentials.encryption import decrypt
from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import Status
from tests.factories.jobs import make_job, make_job_template, make_organization, make_project
from tests.factories.schedules import make_schedule

LIST = "/api/v2/job_templates/"
ENDPOINT = "http://127.0.0.1:9/jobs/x"


def detail(template: JobTemplate) -> str:
    return f"{LIST}{template.pk}/"


def test_minimal_template_has_awx_defaults(admin: APIClient) -> None:
    answer = admin.post(LIST, {"name": "Nightly", "endpoint": ENDPOINT})

    assert answer.status_code == 201, answer.data
    assert answer["Location"] == answer.data["url"]
    body = answer.json()
    apart = ("id", "url", "related", "summary_fields", "created", "modified")
    assert {name: value for name, value in body.items() if name not in apart} == {
        "type": "job_template",
        "name": "Nightly",
        "description": "",
        "job_type": "run",
        "inventory": None,
        "project": None,
        "playbook": ENDPOINT,
        "endpoint": ENDPOINT,
        "http_method": "POST",
        "http_headers": {},
        "http_body": None,
        "success_status": "200-299",
        "success_json": {},
        "verify_ssl": True,
        "follow_redirects": False,
        "scm_branch": "",
        "forks": 0,
        "limit": "",
        "verbosity": 0,
        "extra_vars": "",
        "job_tags": "",
        "force_handlers": False,
        "skip_tags": "",
        "start_at_task": "",
        "timeout": 0,
        "use_fact_cache": False,
        "organization": None,
        "last_job_run": None,
        "last_job_failed": False,
        "next_job_run": None,
        "status": "never updated",
        "execution_environment": None,
        "host_config_key": "",
        **{
            f"ask_{name}_on_launch": False
            for name in (
                "scm_branch", "diff_mode", "variables", "limit", "tags", "skip_tags", "job_type", "verbosity",
                "inventory", "credential", "execution_environment", "labels", "forks", "job_slice_count", "timeout",
                "instance_groups",
            )
        },
        "survey_enabled": False,
        "become_enabled": False,
        "diff_mode": False,
        "allow_simultaneous": False,
        "overlap_policy": "queue",
        "successful_history_limit": None,
        "failed_history_limit": None,
        "overlap_limit": 0,
        "custom_virtualenv": None,
        "job_slice_count": 1,
        "webhook_service": "",
        "webhook_credential": None,
        "prevent_instance_group_fallback": False,
        "connect_timeout": 10,
        "read_timeout": 0,
        "deadline": 0,
        "max_attempts": 1,
        "retry_initial_interval": 1,
        "retry_backoff": 2.0,
        "retry_max_interval": 300,
        "retry_max_age": 0,
        "retry_on": "connect,408,425,429,500-599",
        "completion": "response",
        "heartbeat_timeout": 300,
        "run_policy_in_words": "One attempt. A connection must be there within 10 s.",
    }  # fmt: skip
    assert body["summary_fields"]["user_capabilities"] == dict.fromkeys(
        ("edit", "delete", "start", "schedule", "copy"), True
    )
    assert body["summary_fields"]["created_by"]["username"] == "root"


def test_every_accepted_value_comes_back_as_it_was_sent(admin: APIClient) -> None:
    project = make_project(organization=make_organization(), allow_override=True)
    sent: dict[str, Any] = {
        "name": "All of it",
        "description": "d",
        "job_type": "check",
        "project": project.pk,
        "playbook": "/path?x=1",
        "http_method": "PUT",
        "http_headers": {"Accept": "text/plain"},
        "http_body": {"a": [1, None, "ä"]},
        "success_status": "200,204",
        "success_json": {"status": ["ok", "done"]},
        "verify_ssl": False,
        "follow_redirects": True,
        "scm_branch": "b",
        "forks": 2,
        "limit": "x",
        "verbosity": 3,
        "extra_vars": "---\na: 1\n",
        "job_tags": "t",
        "skip_tags": "s",
        "timeout": 30,
        "ask_variables_on_launch": True,
        "allow_simultaneous": True,
        "webhook_service": "github",
        "inventory": None,
    }

    body = admin.post(LIST, sent).json()

    assert {name: body.get(name) for name in sent} == sent
    assert body["organization"] == project.organization_id
    assert body["endpoint"] == "/path?x=1"


def test_related_paths_answer(admin: APIClient) -> None:
    template = make_job_template(project=make_project(organization=make_organization()), organization=None)
    make_schedule(template=template)
    make_job(template)
    make_job(template, status=Status.PENDING)

    related = admin.get(detail(template)).json()["related"]

    assert {
        "launch",
        "copy",
        "jobs",
        "schedules",
        "project",
        "last_job",
        "current_job",
        "next_schedule",
    } <= set(related)
    for target in related.values():
        assert admin.get(target).status_code == 200, target


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": None}, {"name": ["This field cannot be blank."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"job_type": "x"}, {"job_type": ['"x" is not a valid choice.']}),
        ({"verbosity": 9}, {"verbosity": ['"9" is not a valid choice.']}),
        ({"forks": -1}, {"forks": ["Ensure this value is greater than or equal to 0."]}),
        ({"timeout": "x"}, {"timeout": ["A valid integer is required."]}),
        ({"inventory": 999999}, {"inventory": ['Invalid pk "999999" - object does not exist.']}),
        ({"inventory": "x"}, {"inventory": ["Incorrect type. Expected pk value, received str."]}),
        (
            {"execution_environment": 999999},
            {"execution_environment": ['Invalid pk "999999" - object does not exist.']},
        ),
        ({"webhook_credential": 1}, {"webhook_credential": ['Invalid pk "1" - object does not exist.']}),
        ({"project": 999999}, {"project": ['Invalid pk "999999" - object does not exist.']}),
        ({"organization": 999999}, {"organization": ['Invalid pk "999999" - object does not exist.']}),
        (
            {"extra_vars": "{"},
            {
                "extra_vars": [
                    (
                        "Cannot parse as JSON (error: Expecting property name enclosed in double quotes: line 1 "
                        "column 2 (char 1)) or YAML (error: while parsing a flow node\nexpected the node "
                        "content, but found '<stream end>'\n "
                        ' in "<unicode string>", line 1, column 2:\n    {\n     ^).'
                    )
                ]
            },
        ),
        (
            {"endpoint": "ftp://x/"},
            {"endpoint": ["Enter a path, or a URL that begins with http:// or https://."]},
        ),
        (
            {"endpoint": "http://u:p@x/"},
            {"endpoint": ["User names and passwords do not belong in a URL; use a credential."]},
        ),
        (
            {"endpoint": "/a", "playbook": "/b"},
            {
                "playbook": [
                    "`playbook` and `endpoint` are two names of one value, and what was given differs."
                ]
            },
        ),
        ({"http_method": "TRACE"}, {"http_method": ['"TRACE" is not a valid choice.']}),
        (
            {"http_headers": {"Host": "x"}},
            {"http_headers": ["The header Host is set by Belfry itself and cannot be given."]},
        ),
        (
            {"http_headers": {"X-Token": "$encrypted$"}},
            {"http_headers": ["The header X-Token has no stored value that $encrypted$ could stand for."]},
        ),
        ({"http_headers": None}, {"http_headers": ["This field may not be null."]}),
        ({"http_body": "x" * 70000}, {"http_body": ["The value is larger than 64 KiB."]}),
        ({"success_json": [1]}, {"success_json": ['Expected a dictionary of items but got type "list".']}),
    ],
)
def test_bad_input_is_refused_and_nothing_is_saved(
    admin: APIClient, sent: dict[str, Any], errors: Any
) -> None:
    answer = admin.post(LIST, {"name": "x", "endpoint": "/a"} | sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not JobTemplate.objects.exists()


@pytest.mark.parametrize("text", ["", "abc", "200-", "300-200", "99"])
def test_bad_success_status_is_refused(admin: APIClient, text: str) -> None:
    answer = admin.post(LIST, {"name": "x", "success_status": text})

    assert answer.status_code == 400
    assert list(answer.json()) == ["success_status"]


def test_name_is_required(admin: APIClient) -> None:
    assert admin.post(LIST, {}).json() == {"name": ["This field is required."]}


def test_branch_needs_a_project_that_allows_it(admin: APIClient) -> None:
    answer = admin.post(LIST, {"name": "x", "project": make_project().pk, "scm_branch": "b"})

    assert answer.json() == {"scm_branch": ["Project does not allow overriding branch."]}


@pytest.mark.parametrize("with_organization", [True, False])
def test_name_is_unique_in_an_organization(admin: APIClient, with_organization: bool) -> None:
    organization = make_organization() if with_organization else None
    make_job_template(name="Taken", organization=organization)
    sent = {"name": "Taken", "organization": organization and organization.pk}

    answer = admin.post(LIST, sent)

    assert answer.status_code == 400
    assert answer.json() == {
        "__all__": ["JobTemplate with this (organization, name) combination already exists."]
    }
    assert admin.post(LIST, sent | {"organization": make_organization().pk}).status_code == 201


def test_template_can_be_saved_again_under_its_own_name(admin: APIClient) -> None:
    template = make_job_template(organization=make_organization())

    assert admin.patch(detail(template), {"name": template.name}).status_code == 200


def test_put_needs_a_name_and_keeps_what_is_not_given(admin: APIClient) -> None:
    template = make_job_template(limit="kept")

    assert admin.put(detail(template), {}).json() == {"name": ["This field is required."]}
    body = admin.put(detail(template), {"name": "New"}).json()

    assert (body["name"], body["limit"], body["endpoint"]) == ("New", "kept", template.endpoint)
    assert body["summary_fields"]["modified_by"]["username"] == "root"


@pytest.mark.parametrize(
    ("sent", "endpoint"),
    [
        ({"endpoint": "/new"}, "/new"),
        ({"playbook": "/new"}, "/new"),
        ({"endpoint": "/new", "playbook": "/old"}, "/new"),
        ({"endpoint": "/old", "playbook": "/new"}, "/new"),
        ({"endpoint": "/old", "playbook": "/old"}, "/old"),
        ({"endpoint": ""}, ""),
    ],
)
def test_endpoint_and_playbook_are_one_value(admin: APIClient, sent: dict[str, str], endpoint: str) -> None:
    template = make_job_template(endpoint="/old")

    body = admin.patch(detail(template), sent).json()

    assert (body["endpoint"], body["playbook"]) == (endpoint, endpoint)


@pytest.mark.parametrize(
    "sent", [{"endpoint": "http://x/new", "playbook": ""}, {"endpoint": "", "playbook": "http://x/new"}]
)
def test_name_of_the_endpoint_that_a_form_left_empty_does_not_count(
    admin: APIClient, sent: dict[str, str]
) -> None:
    body = admin.post(LIST, {"name": "By form", **sent}).json()

    assert (body["endpoint"], body["playbook"]) == ("http://x/new", "http://x/new")


def test_what_was_read_can_be_written_back(admin: APIClient) -> None:
    template = make_job_template(project=make_project(), organization=make_organization())
    admin.patch(detail(template), {"http_headers": {"Authorization": "Bearer s3cret-value"}})
    before = admin.get(detail(template)).json()

    after = admin.put(detail(template), before).json()

    assert {k: v for k, v in after.items() if k not in ("modified", "related", "summary_fields")} == {
        k: v for k, v in before.items() if k not in ("modified", "related", "summary_fields")
    }
    template.refresh_from_db()
    assert decrypt(template.http_headers["Authorization"]) == "Bearer s3cret-value"


def test_organization_follows_a_new_project_unless_given(admin: APIClient) -> None:
    first, second, third = make_organization(), make_organization(), make_organization()
    template = make_job_template(organization=first)
    project = make_project(organization=second)

    assert admin.patch(detail(template), {"project": project.pk}).json()["organization"] == second.pk
    assert admin.patch(detail(template), {"organization": third.pk}).json()["organization"] == third.pk
    assert admin.patch(detail(template), {"limit": "x"}).json()["organization"] == third.pk


def test_state_of_runs_and_schedules_is_shown(admin: APIClient) -> None:
    template = make_job_template()
    schedule = make_schedule(template=template)
    make_schedule(template=template, enabled=False)
    failed = make_job(template, status=Status.FAILED)
    running = make_job(template, status=Status.RUNNING)

    body = admin.get(detail(template)).json()

    assert body["status"] == "running"
    assert body["last_job_failed"] is True
    assert body["last_job_run"] == "2030-01-01T00:00:01.500000Z"
    assert body["next_job_run"] == "2030-01-01T01:00:00Z"
    summary = body["summary_fields"]
    assert summary["last_job"]["id"] == failed.pk
    assert summary["current_job"]["id"] == running.pk
    assert [run["id"] for run in summary["recent_jobs"]] == [running.pk, failed.pk]
    assert summary["recent_jobs"][1] == {
        "id": failed.pk,
        "status": "failed",
        "finished": "2030-01-01T00:00:01.5Z",
        "canceled_on": None,
        "type": "job",
    }
    assert body["related"]["next_schedule"] == f"/api/v2/schedules/{schedule.pk}/"


@pytest.mark.parametrize("path", [LIST, "/api/v2/unified_job_templates/", "/api/v2/projects/"])
def test_list_asks_the_database_as_often_for_three_rows_as_for_one(admin: APIClient, path: str) -> None:
    def add() -> None:
        template = make_job_template(
            project=make_project(organization=make_organization()), organization=make_organization()
        )
        make_schedule(template=template)
        make_job(template)
        make_job(template, status=Status.PENDING)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(path).status_code == 200
        return len(captured)

    add()
    queries()
    once = queries()
    add()
    add()

    assert queries() == once


def test_delete_is_204_and_leaves_the_runs(admin: APIClient) -> None:
    template = make_job_template()
    job = make_job(template)

    assert admin.delete(detail(template)).status_code == 204
    assert admin.get(detail(template)).status_code == 404
    job.refresh_from_db()
    assert job.unified_job_template is None
    assert admin.get(f"/api/v2/jobs/{job.pk}/").status_code == 200


@pytest.mark.parametrize("status", [Status.NEW, Status.PENDING, Status.WAITING, Status.RUNNING])
def test_template_with_active_runs_cannot_be_deleted(admin: APIClient, status: Status) -> None:
    job = make_job(status=status)

    answer = admin.delete(f"{LIST}{job.unified_job_template_id}/")

    assert answer.status_code == 409
    assert answer.json() == {
        "error": "Resource is being used by running jobs.",
        "active_jobs": [{"id": job.pk, "type": "job"}],
    }
    assert JobTemplate.objects.exists()


def test_copy_has_everything_but_the_name_and_the_runs(admin: APIClient) -> None:
    template = make_job_template(extra_vars="a: 1", organization=make_organization())
    admin.patch(detail(template), {"http_headers": {"X-Token": "copied-secret"}})
    make_schedule(template=template)

    assert admin.get(f"{detail(template)}copy/").json() == {"can_copy": True}
    answer = admin.post(f"{detail(template)}copy/", {"name": "Copy"})

    assert answer.status_code == 201
    made = JobTemplate.objects.get(pk=answer.json()["id"])
    assert (made.name, made.extra_vars, made.organization) == ("Copy", "a: 1", template.organization)
    assert decrypt(made.http_headers["X-Token"]) == "copied-secret"
    assert made.schedules.count() == 0
    assert answer.json()["http_headers"] == {"X-Token": "$encrypted$"}


def test_copy_needs_another_name_that_is_free(admin: APIClient) -> None:
    template, other = make_job_template(name="A"), make_job_template(name="B")

    assert admin.post(f"{detail(template)}copy/", {}).json() == {"name": ["This field is required."]}
    assert admin.post(f"{detail(template)}copy/", {"name": "A"}).json() == {
        "__all__": ["The original object is already named A, a copy from it cannot have the same name."]
    }
    assert admin.post(f"{detail(template)}copy/", {"name": other.name}).status_code == 400
    assert JobTemplate.objects.count() == 2


def test_jobs_of_a_template_are_its_own(admin: APIClient) -> None:
    job = make_job()
    make_job()

    body = admin.get(f"{LIST}{job.unified_job_template_id}/jobs/").json()

    assert [row["id"] for row in body["results"]] == [job.pk]


@pytest.mark.parametrize("tail", ["", "launch/", "copy/", "jobs/"])
def test_strangers_are_refused(stranger: APIClient, nobody: APIClient, tail: str) -> None:
    template = make_job_template()

    assert stranger.get(detail(template) + tail).status_code == 403
    assert nobody.get(detail(template) + tail).status_code == 401
    assert stranger.post(f"{detail(template)}launch/").status_code == 403
    assert nobody.post(f"{detail(template)}launch/").status_code == 401
    assert not UnifiedJob.objects.exists()


def test_stranger_sees_no_template_and_makes_none(stranger: APIClient) -> None:
    make_job_template()

    assert stranger.get(LIST).json()["count"] == 0
    assert stranger.post(LIST, {"name": "x"}).status_code == 403
    assert stranger.patch(LIST + f"{JobTemplate.objects.get().pk}/", {"name": "x"}).status_code == 403


def test_auditor_reads_and_changes_nothing(auditor: APIClient) -> None:
    template = make_job_template()

    body = auditor.get(detail(template)).json()
    assert body["summary_fields"]["user_capabilities"] == dict.fromkeys(
        ("edit", "delete", "start", "schedule", "copy"), False
    )
    assert auditor.get(f"{detail(template)}copy/").json() == {"can_copy": False}
    assert auditor.patch(detail(template), {"limit": "x"}).status_code == 403
    assert auditor.delete(detail(template)).status_code == 403
    assert auditor.post(f"{detail(template)}launch/").status_code == 403


@pytest.mark.parametrize(
    ("path", "method"), [(LIST, "put"), (LIST, "delete"), (f"{LIST}1/", "post"), (f"{LIST}1/launch/", "put")]
)
def test_wrong_methods_are_405(admin: APIClient, path: str, method: str) -> None:
    answer = getattr(admin, method)(path)

    assert (answer.status_code, answer.json()) == (405, {"detail": f'Method "{method.upper()}" not allowed.'})


def test_options_teach_clients_the_fields_of_a_request(admin: APIClient) -> None:
    post = admin.options(LIST).json()["actions"]["POST"]

    types = {"endpoint": "string", "http_method": "choice", "http_headers": "json", "http_body": "json",
             "success_status": "string", "success_json": "json", "verify_ssl": "boolean", "timeout": "integer",
             "organization": "id", "project": "id", "inventory": "id"}  # fmt: skip
    assert {name: post[name]["type"] for name in types} == types
    assert all(post[name].get("help_text") for name in types if name != "inventory")
    assert [name for name, field in post.items() if field["required"]] == ["name"]
