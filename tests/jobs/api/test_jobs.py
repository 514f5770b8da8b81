import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import UnifiedJob
from jobs.statuses import ACTIVE, FINISHED, LaunchType, Outcome, Status
from schedules.models import Occurrence
from tests.factories.access import client_of, make_superuser
from tests.factories.jobs import (
    BEGIN,
    make_attempt,
    make_job,
    make_job_template,
    make_organization,
    make_project,
)
from tests.factories.schedules import make_schedule

LIST = "/api/v2/jobs/"


def detail(job: UnifiedJob) -> str:
    return f"{LIST}{job.pk}/"


def test_finished_job_has_awx_fields_and_types(admin: APIClient) -> None:
    template = make_job_template(project=make_project(), organization=make_organization())
    job = make_job(template, artifacts={"processed": 3}, extra_vars={"a": 1})

    body = admin.get(detail(job)).json()

    assert (body["type"], body["status"], body["failed"]) == ("job", "successful", False)
    assert (body["elapsed"], body["event_processing_finished"]) == (1.5, True)
    assert (body["extra_vars"], body["artifacts"]) == ('{"a": 1}', {"processed": 3})
    assert (body["playbook"], body["endpoint"], body["http_method"]) == (
        template.endpoint,
        template.endpoint,
        "POST",
    )
    assert (body["project"], body["organization"]) == (template.project_id, template.organization_id)
    assert (body["job_env"], body["job_args"], body["job_cwd"]) == ({}, "", "")
    assert (body["limit"], body["forks"], body["job_slice_count"], body["diff_mode"]) == ("", 0, 1, False)
    assert body["summary_fields"]["user_capabilities"] == {"delete": True, "start": True}
    assert body["summary_fields"]["unified_job_template"]["unified_job_type"] == "job"


def test_prompts_are_read_from_the_run(admin: APIClient) -> None:
    job = make_job(prompts={"limit": "x", "forks": 3, "verbosity": 2, "diff_mode": True})

    body = admin.get(detail(job)).json()

    assert (body["limit"], body["forks"], body["verbosity"], body["diff_mode"]) == ("x", 3, 2, True)


@pytest.mark.parametrize("status", Status.values)
def test_record_is_complete_in_every_end_state_only(admin: APIClient, status: str) -> None:
    body = admin.get(detail(make_job(status=Status(status)))).json()

    assert body["event_processing_finished"] is (status in FINISHED)


def test_run_of_a_schedule_names_it(admin: APIClient) -> None:
    schedule = make_schedule()
    job = make_job(launch_type=LaunchType.SCHEDULED, scheduled_for=BEGIN)
    other = make_job()
    Occurrence.objects.create(
        schedule=schedule, scheduled_for=BEGIN, outcome=Occurrence.Outcome.LAUNCHED, job=job
    )

    body = admin.get(detail(job)).json()

    assert (body["schedule"], body["scheduled_for"]) == (schedule.pk, "2030-01-01T00:00:00Z")
    assert body["related"]["schedule"] == f"/api/v2/schedules/{schedule.pk}/"
    assert body["launched_by"]["type"] == "schedule"
    assert body["summary_fields"]["schedule"]["name"] == schedule.name
    assert admin.get(detail(other)).json()["schedule"] is None
    found = admin.get(f"{LIST}?schedule={schedule.pk}").json()["results"]
    assert [row["id"] for row in found] == [job.pk]


@pytest.mark.parametrize(
    "query", ["job_template={}", "unified_job_template={}", "unified_job_template__name=Mine"]
)
def test_runs_are_found_by_their_template(admin: APIClient, query: str) -> None:
    job = make_job(make_job_template(name="Mine"))
    make_job()

    found = admin.get(f"{LIST}?{query.format(job.unified_job_template_id)}").json()["results"]

    assert [row["id"] for row in found] == [job.pk]


def test_related_paths_answer(admin: APIClient) -> None:
    job = make_job(make_job_template(project=make_project(), organization=make_organization()))

    related = admin.get(detail(job)).json()["related"]

    assert {"stdout", "job_events", "attempts", "cancel", "relaunch", "unified_job_template"} <= set(related)
    for path in related.values():
        assert admin.get(path).status_code == 200, path


@pytest.mark.parametrize("path", [LIST, "/api/v2/unified_jobs/"])
def test_list_asks_the_database_as_often_for_three_rows_as_for_one(admin: APIClient, path: str) -> None:
    def add() -> None:
        template = make_job_template(project=make_project(), organization=make_organization())
        job = make_job(template)
        schedule = make_schedule(template=template)
        Occurrence.objects.create(schedule=schedule, scheduled_for=BEGIN, outcome="launched", job=job)

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


def test_list_leaves_out_what_only_the_detail_shows(admin: APIClient) -> None:
    job = make_job()

    row = admin.get(LIST).json()["results"][0]

    assert set(admin.get(detail(job)).json()) - set(row) == {
        "job_args",
        "job_cwd",
        "job_env",
        "result_traceback",
        "event_processing_finished",
        "host_status_counts",
        "playbook_counts",
        "custom_virtualenv",
    }


@pytest.mark.parametrize("status", FINISHED)
def test_finished_run_is_deleted_with_its_attempts(admin: APIClient, status: Status) -> None:
    job = make_job(status=status)
    make_attempt(job)

    assert admin.delete(detail(job)).status_code == 204
    assert not UnifiedJob.objects.exists()


@pytest.mark.parametrize("status", ACTIVE)
def test_active_run_cannot_be_deleted(admin: APIClient, status: Status) -> None:
    answer = admin.delete(detail(make_job(status=status)))

    assert (answer.status_code, answer.json()) == (403, {"detail": "Cannot delete running job resource."})
    assert UnifiedJob.objects.exists()


@pytest.mark.parametrize("status", [Status.NEW, Status.PENDING, Status.WAITING])
def test_run_that_was_not_begun_is_canceled_at_once(admin: APIClient, status: Status) -> None:
    job = make_job(status=status)

    assert admin.get(f"{detail(job)}cancel/").json() == {"can_cancel": True}
    answer = admin.post(f"{detail(job)}cancel/")

    assert (answer.status_code, answer.content) == (202, b"")
    body = admin.get(detail(job)).json()
    assert (body["status"], body["failed"], body["failure_reason"]) == ("canceled", True, Outcome.CANCELED)
    assert body["canceled_on"]


def test_running_call_is_asked_to_end(admin: APIClient) -> None:
    job = make_job(status=Status.RUNNING)

    assert admin.post(f"{detail(job)}cancel/").status_code == 202
    job.refresh_from_db()
    assert job.cancel_requested


@pytest.mark.parametrize("status", FINISHED)
def test_finished_run_cannot_be_canceled(admin: APIClient, status: Status) -> None:
    job = make_job(status=status)

    assert admin.get(f"{detail(job)}cancel/").json() == {"can_cancel": False}
    answer = admin.post(f"{detail(job)}cancel/")

    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "POST" not allowed.'})


@pytest.mark.parametrize(
    "tail", ["", "cancel/", "relaunch/", "stdout/?format=json", "job_events/", "attempts/"]
)
def test_strangers_are_refused(stranger: APIClient, nobody: APIClient, tail: str) -> None:
    job = make_job()

    assert stranger.get(detail(job) + tail).status_code == 403
    assert nobody.get(detail(job) + tail).status_code == 401


@pytest.mark.parametrize("tail", ["cancel/", "relaunch/"])
def test_strangers_change_nothing(
    stranger: APIClient, auditor: APIClient, nobody: APIClient, tail: str
) -> None:
    job = make_job(status=Status.PENDING)

    assert stranger.post(detail(job) + tail).status_code == 403
    assert auditor.post(detail(job) + tail).status_code == 403
    assert nobody.post(detail(job) + tail).status_code == 401
    assert [*UnifiedJob.objects.values_list("status", flat=True)] == ["pending"]


@pytest.mark.parametrize(
    ("tail", "method"),
    [
        ("", "post"),
        ("1/", "put"),
        ("1/", "patch"),
        ("1/cancel/", "delete"),
        ("1/stdout/", "post"),
        ("1/attempts/", "post"),
    ],
)
def test_wrong_methods_are_405(admin: APIClient, tail: str, method: str) -> None:
    answer = getattr(admin, method)(LIST + tail, HTTP_ACCEPT="application/json")

    assert (answer.status_code, answer.json()) == (405, {"detail": f'Method "{method.upper()}" not allowed.'})


@pytest.mark.parametrize("path", ["/api/v2/unified_jobs/", "/api/v2/unified_job_templates/"])
def test_mixed_lists_are_read_only(
    admin: APIClient, stranger: APIClient, nobody: APIClient, path: str
) -> None:
    make_job()

    assert admin.post(path, {}).json() == {"detail": 'Method "POST" not allowed.'}
    assert stranger.get(path).json()["count"] == 0
    assert nobody.get(path).status_code == 401


def test_each_row_of_a_mixed_list_is_its_own_kind(admin: APIClient) -> None:
    project = make_project(name="A project")
    template = make_job_template(name="B template", project=project, organization=make_organization())
    job = make_job(template)

    rows = admin.get("/api/v2/unified_job_templates/").json()["results"]

    assert rows == [
        admin.get("/api/v2/projects/").json()["results"][0],
        admin.get("/api/v2/job_templates/").json()["results"][0],
    ]
    assert admin.get("/api/v2/unified_jobs/").json()["results"][0]["id"] == job.pk


@pytest.mark.parametrize(
    ("types", "names"),
    [
        ("job_template", ["B"]),
        ("project", ["A"]),
        ("project,job_template", ["A", "B"]),
        ("system_job_template", []),
    ],
)
def test_mixed_list_is_narrowed_by_type(admin: APIClient, types: str, names: list[str]) -> None:
    make_project(name="A")
    make_job_template(name="B")

    rows = admin.get(f"/api/v2/unified_job_templates/?type={types}").json()["results"]

    assert [row["name"] for row in rows] == names


def test_unknown_lookup_is_refused_in_awx_words(admin: APIClient) -> None:
    answer = admin.get("/api/v2/unified_job_templates/?x=1")

    assert answer.json() == {"detail": "UnifiedJobTemplate has no field named 'x'"}


@pytest.mark.django_db
def test_run_is_modified_by_whoever_launched_it() -> None:
    user = make_superuser()
    job = make_job(created_by=user)

    shown = client_of(user).get(f"/api/v2/jobs/{job.pk}/").json()

    assert shown["related"]["modified_by"] == f"/api/v2/users/{user.pk}/"
    assert shown["summary_fields"]["modified_by"] == shown["summary_fields"]["created_by"]
