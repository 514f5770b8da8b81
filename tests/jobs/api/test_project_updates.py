from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.launching import launch
from jobs.models import Catalogue, Project, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import FINISHED, JobKind, Outcome, Status
from tests.factories.jobs import BEGIN, make_attempt, make_organization, make_project

LIST = "/api/v2/project_updates/"
RULE = "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3"


def make_service(**values: Any) -> Project:
    return make_project(**({"catalog_url": "/openapi.json"} | values))


def make_update(project: Project | None = None, status: Status = Status.PENDING) -> UnifiedJob:
    run = launch(project or make_service(), user=None, answers=LaunchAnswers())
    if status in FINISHED:
        UnifiedJob.objects.filter(pk=run.pk).update(status=status, started=BEGIN, finished=BEGIN)
        run.refresh_from_db()
    return run


def path_of(project: Project, tail: str) -> str:
    return f"/api/v2/projects/{project.pk}/{tail}"


# Updating.


def test_post_of_update_starts_one(admin: APIClient) -> None:
    project = make_service(organization=make_organization(), timeout=7)

    assert admin.get(path_of(project, "update/")).json() == {"can_update": True}
    answer = admin.post(path_of(project, "update/"))

    run = UnifiedJob.objects.get()
    body = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == body["url"] == f"{LIST}{run.pk}/"
    assert (body["project_update"], body["type"], body["status"]) == (run.pk, "project_update", "pending")
    assert (body["project"], body["launch_type"], body["job_type"]) == (project.pk, "manual", "check")
    assert (body["scm_url"], body["catalog_url"], body["timeout"]) == (project.scm_url, "/openapi.json", 7)
    assert body["launched_by"]["name"] == "root"
    assert body["summary_fields"]["project"]["status"] == "never updated"
    assert body["summary_fields"]["unified_job_template"]["unified_job_type"] == "project_update"
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path


def test_manual_project_cannot_be_updated(admin: APIClient) -> None:
    project = make_project()

    assert admin.get(path_of(project, "update/")).json() == {"can_update": False}
    answer = admin.post(path_of(project, "update/"))

    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "POST" not allowed.'})
    assert not UnifiedJob.objects.exists()


@pytest.mark.parametrize("tail", ["update/", "playbooks/", "copy/", "schedules/", "project_updates/"])
def test_what_belongs_to_a_project_is_closed_to_strangers(
    stranger: APIClient, nobody: APIClient, tail: str
) -> None:
    project = make_service()

    assert stranger.get(path_of(project, tail)).status_code == 403
    assert nobody.get(path_of(project, tail)).status_code == 401
    assert stranger.post(path_of(project, tail), {"name": "x", "rrule": RULE}).status_code in (403, 405)
    assert not UnifiedJob.objects.exists()
    assert Project.objects.count() == 1


@pytest.mark.parametrize("tail", ["update/", "playbooks/", "copy/", "schedules/", "project_updates/"])
def test_what_belongs_to_no_project_is_not_there(admin: APIClient, tail: str) -> None:
    assert admin.get(f"/api/v2/projects/999999/{tail}").status_code == 404


@pytest.mark.parametrize(
    ("tail", "method"),
    [("update/", "delete"), ("playbooks/", "post"), ("copy/", "patch"), ("project_updates/", "post")],
)
def test_other_methods_are_refused(admin: APIClient, tail: str, method: str) -> None:
    assert getattr(admin, method)(path_of(make_service(), tail)).status_code == 405


def test_playbooks_are_the_endpoints_that_were_found(admin: APIClient) -> None:
    project = make_service()
    assert admin.get(path_of(project, "playbooks/")).json() == []
    Catalogue.objects.create(
        project=project, endpoints={"/b": ["POST"], "/a": ["GET"]}, fetched=timezone.now()
    )

    assert admin.get(path_of(project, "playbooks/")).json() == ["/a", "/b"]


def test_project_shows_its_update(admin: APIClient) -> None:
    project = make_service()
    run = make_update(project)

    body = admin.get(path_of(project, "")).json()

    assert body["status"] == "pending"
    assert body["related"]["current_update"] == body["related"]["current_job"] == f"{LIST}{run.pk}/"
    assert admin.delete(path_of(project, "")).json() == {
        "error": "Resource is being used by running jobs.",
        "active_jobs": [{"id": run.pk, "type": "project_update"}],
    }


# When the source is new.


def test_new_source_is_fetched_at_once_and_an_edit_of_something_else_fetches_nothing(
    admin: APIClient,
) -> None:
    sent = {"name": "Billing", "scm_url": "https://billing.example.com", "catalog_url": "/openapi.json"}
    made = admin.post("/api/v2/projects/", sent).json()
    assert (made["status"], made["scm_revision"]) == ("pending", "")

    admin.patch(made["url"], {"description": "changed", "scm_url": sent["scm_url"]})
    assert UnifiedJob.objects.count() == 1
    admin.patch(made["url"], {"catalog_url": "/other.json"})
    assert UnifiedJob.objects.count() == 2
    assert UnifiedJob.objects.latest("id").request["endpoint"] == "/other.json"


def test_edit_leaves_what_an_update_wrote_meanwhile(
    admin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_service()
    save = Project.save

    def late(self: Project, **options: Any) -> None:
        Project.objects.filter(pk=self.pk).update(scm_revision="written meanwhile")
        save(self, **options)

    monkeypatch.setattr(Project, "save", late)
    answer = admin.patch(path_of(project, ""), {"description": "changed", "scm_revision": "mine"})

    project.refresh_from_db()
    assert answer.status_code == 200
    assert (project.description, project.scm_revision) == ("changed", "written meanwhile")
    assert project.modified_by is not None


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"catalog_url": "/x", "scm_url": ""}, {"scm_url": ["SCM URL is required."]}),
        ({"scm_type": "git", "scm_url": ""}, {"scm_url": ["SCM URL is required."]}),
        ({"catalog_url": "ftp://x/"}, None),
        ({"catalog_url": "/a b"}, None),
        ({"catalog_url": None}, None),
        ({"catalog_url": "/" + "x" * 1024}, None),
    ],
)
def test_bad_sources_are_refused(admin: APIClient, sent: dict[str, Any], errors: Any) -> None:
    answer = admin.post("/api/v2/projects/", {"name": "x", "scm_url": "http://a.example.com"} | sent)

    assert answer.status_code == 400
    assert answer.json() == errors if errors else list(answer.json()) == ["catalog_url"]
    assert not Project.objects.exists()
    assert not UnifiedJob.objects.exists()


def test_whole_catalogue_url_needs_no_base_url(admin: APIClient) -> None:
    answer = admin.post(
        "/api/v2/projects/", {"name": "x", "catalog_url": "https://a.example.com/openapi.json"}
    )

    assert (answer.status_code, answer.json()["status"]) == (201, "pending")


def test_copy_is_fetched_for_itself(admin: APIClient) -> None:
    project = make_service(scm_revision="abc", update_status="successful")

    assert admin.get(path_of(project, "copy/")).json() == {"can_copy": True}
    answer = admin.post(path_of(project, "copy/"), {"name": "Another"})
    again = admin.post(path_of(project, "copy/"), {"name": "Another"})

    body = answer.json()
    assert (answer.status_code, body["name"], body["catalog_url"]) == (201, "Another", "/openapi.json")
    assert (body["scm_revision"], body["status"]) == ("", "pending")
    assert UnifiedJob.objects.get().unified_job_template_id == body["id"]
    assert again.status_code == 400


def test_manual_project_is_not_copied(admin: APIClient) -> None:
    project = make_project()

    assert admin.get(path_of(project, "copy/")).json() == {"can_copy": False}
    assert admin.post(path_of(project, "copy/"), {"name": "Another"}).status_code == 403


# Updates as resources.


def test_update_can_be_canceled_once_and_then_deleted(admin: APIClient, stranger: APIClient) -> None:
    run = make_update()
    path = f"{LIST}{run.pk}/"

    assert stranger.post(path + "cancel/").status_code == 403
    assert admin.get(path + "cancel/").json() == {"can_cancel": True, "job_explanation": ""}
    assert admin.delete(path).status_code == 403
    assert admin.post(path + "cancel/").status_code == 202
    assert admin.post(path + "cancel/").status_code == 405
    assert admin.get(path).json()["status"] == "canceled"
    assert stranger.delete(path).status_code == 403
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_jobs_and_updates_are_apart(admin: APIClient) -> None:
    run = make_update()

    assert admin.get(f"/api/v2/jobs/{run.pk}/").status_code == 404
    assert admin.get("/api/v2/jobs/").json()["count"] == 0
    assert admin.post(LIST, {}).status_code == 405
    [listed] = admin.get("/api/v2/unified_jobs/?type=project_update").json()["results"]
    assert (listed["type"], listed["url"]) == ("project_update", f"{LIST}{run.pk}/")
    [template] = admin.get("/api/v2/unified_job_templates/").json()["results"]
    assert template["related"]["current_job"] == f"{LIST}{run.pk}/"


def test_updates_are_found_by_their_project(admin: APIClient, stranger: APIClient) -> None:
    one, other = make_update(), make_update()

    found = admin.get(f"{LIST}?project={one.unified_job_template_id}").json()["results"]
    assert [row["id"] for row in found] == [one.pk]
    found = admin.get(f"/api/v2/projects/{other.unified_job_template_id}/project_updates/").json()["results"]
    assert [row["id"] for row in found] == [other.pk]
    assert admin.get(f"{LIST}?nonsense=1").status_code == 400
    assert stranger.get(LIST).json()["results"] == []


def test_record_is_readable_as_stdout_events_and_attempts(admin: APIClient, stranger: APIClient) -> None:
    run = make_update(status=Status.FAILED)
    make_attempt(run, outcome=Outcome.INVALID_DOCUMENT, error="The document is not JSON.")
    path = f"{LIST}{run.pk}/"

    text = admin.get(path + "stdout/?format=txt", HTTP_ACCEPT="*/*").content.decode()
    events = admin.get(path + "events/").json()["results"]
    [attempt] = admin.get(path + "attempts/").json()["results"]

    assert "The document is not JSON." in text
    assert [event["type"] for event in events] == ["project_update_event"] * 4
    assert {event["project_update"] for event in events} == {run.pk}
    for url in (
        attempt["url"],
        events[1]["url"],
        *attempt["related"].values(),
        events[0]["related"]["project_update"],
    ):
        assert admin.get(url).status_code == 200, url
    assert admin.get(f"{path}events/?project_update={run.pk}&counter__gt=3").json()["count"] == 1
    assert admin.get(path + "events/?job=1").status_code == 400
    for tail in ("stdout/?format=json", "events/", "events/1/", "attempts/", "attempts/1/", ""):
        assert stranger.get(path + tail).status_code == 403


@pytest.mark.parametrize(
    "url", [LIST, "/api/v2/unified_jobs/", "/api/v2/projects/", "/api/v2/unified_job_templates/"]
)
def test_lists_ask_as_much_for_many_as_for_one(admin: APIClient, url: str) -> None:
    make_update(status=Status.SUCCESSFUL)
    make_update()
    admin.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        admin.get(url)
    for _ in range(4):
        make_update(make_service(organization=make_organization()))

    with CaptureQueriesContext(connection) as many:
        assert admin.get(url).status_code == 200

    assert len(many) == len(few)


# Schedules.


def test_project_can_be_scheduled(admin: APIClient) -> None:
    project = make_service()

    answer = admin.post(path_of(project, "schedules/"), {"name": "Nightly", "rrule": RULE})

    body = answer.json()
    assert answer.status_code == 201, body
    assert body["related"]["project"] == body["related"]["unified_job_template"] == path_of(project, "")
    assert body["summary_fields"]["unified_job_template"]["unified_job_type"] == "project_update"
    assert admin.get(path_of(project, "schedules/")).json()["count"] == 1
    assert admin.get(path_of(project, "")).json()["next_job_run"] == "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"limit": "x"}, {"limit": ["Field is not allowed on launch."]}),
        ({"extra_data": {"a": 1}}, {"extra_data": ["Field is not allowed on launch."]}),
    ],
)
def test_schedule_of_a_project_takes_no_prompts(
    admin: APIClient, more: dict[str, Any], errors: dict[str, Any]
) -> None:
    answer = admin.post(path_of(make_service(), "schedules/"), {"name": "x", "rrule": RULE} | more)

    assert (answer.status_code, answer.json()) == (400, errors)


def test_manual_project_cannot_be_scheduled(admin: APIClient) -> None:
    project = make_project()
    refusal = {"unified_job_template": ["Manual Project cannot have a schedule set."]}
    sent = {"name": "x", "rrule": RULE, "unified_job_template": project.pk}

    assert admin.post(path_of(project, "schedules/"), sent).json() == refusal
    assert admin.post("/api/v2/schedules/", sent).json() == refusal
    assert UnifiedJob.objects.filter(kind=JobKind.PROJECT_UPDATE).count() == 0
