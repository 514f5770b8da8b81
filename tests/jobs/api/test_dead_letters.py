"""Dead letters: runs that failed for good, and their replays."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import User
from access.roles import EXECUTE, READ
from jobs.execution.engine import Engine
from jobs.models import JobTemplate, UnifiedJob
from jobs.policies import RunPolicy
from jobs.statuses import JobKind, Status
from tests.endpoint import Endpoint
from tests.factories.access import client_of
from tests.factories.jobs import make_attempt, make_job, make_job_template, make_project
from tests.factories.roles import holder
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import LOOPBACK, WITHIN
from workflows.models import WorkflowJobNode

LIST = "/api/v2/dead_letters/"
REPLAY = f"{LIST}replay/"
DISMISS = f"{LIST}dismiss/"


def make_dead(template: JobTemplate | None = None, **values: Any) -> UnifiedJob:
    """A run that has failed with the second of its two attempts."""
    policy = RunPolicy(max_attempts=2, deadline=60).as_dict()
    given: dict[str, Any] = {"status": Status.FAILED, "attempts_allowed": 2, "request": {"policy": policy}}
    job = make_job(template, **given | {"failure_reason": "http_status"} | values)
    for _ in range(2):
        make_attempt(job, outcome="http_status", response_status=503)
    job.refresh_from_db()
    return job


def path(job: UnifiedJob) -> str:
    return f"/api/v2/jobs/{job.pk}/replay/"


def ids(answer: Any) -> list[int]:
    return [one["id"] for one in answer.json()["results"]]


def test_list_has_what_failed_for_good(admin: APIClient) -> None:
    dead = make_dead()
    lost = make_dead(status=Status.ERROR, failure_reason="lost")
    make_dead(status=Status.CANCELED)
    make_dead(status=Status.SUCCESSFUL)
    make_job(status=Status.FAILED)

    assert ids(admin.get(LIST)) == ids(admin.get("/api/v2/jobs/?dead_letter=true")) == [dead.pk, lost.pk]
    assert ids(admin.get(f"{LIST}?failure_reason=lost")) == [lost.pk]


def test_replay_puts_the_run_back_with_new_attempts(admin: APIClient, root: User) -> None:
    dead = make_dead()

    answer = admin.post(path(dead))

    assert answer.status_code == 202
    shown = answer.json()
    assert (shown["id"], shown["run_id"], shown["status"]) == (dead.pk, str(dead.run_id), "pending")
    assert (shown["attempts_made"], shown["attempts_allowed"], shown["failure_reason"]) == (2, 4, "")
    again = UnifiedJob.objects.get(pk=dead.pk)
    assert (again.started, again.finished, again.dead_letter) == (None, None, False)
    assert again.deadline_at is not None
    assert again.deadline_at > datetime.now(UTC)
    entry = ActivityStream.objects.get(object1="job", object1_pk=dead.pk)
    assert (entry.actor, entry.changes) == (root, {"status": ["failed", "pending"]})


@pytest.mark.parametrize(
    "values",
    [
        {"status": Status.SUCCESSFUL},
        {"status": Status.CANCELED},
        {"status": Status.PENDING},
        {"status": Status.RUNNING},
    ],
)
def test_only_what_has_failed_is_replayed(admin: APIClient, values: dict[str, Any]) -> None:
    job = make_dead(**values)

    assert admin.get(path(job)).json() == {"can_replay": False}
    answer = admin.post(path(job))

    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    assert UnifiedJob.objects.get(pk=job.pk).status == values["status"]


def test_failed_run_without_retries_can_be_replayed_too(admin: APIClient) -> None:
    job = make_job(status=Status.FAILED)

    assert admin.get(path(job)).json() == {"can_replay": True}
    assert admin.post(path(job)).status_code == 202


def test_run_of_a_workflow_is_not_replayed(admin: APIClient) -> None:
    job = make_dead()
    workflow_job = UnifiedJob.objects.create(name="w", kind=JobKind.WORKFLOW_JOB, status=Status.FAILED)
    WorkflowJobNode.objects.create(workflow_job_id=workflow_job.pk, job=job)

    assert admin.post(path(job)).status_code == 409
    assert admin.post(REPLAY, {"ids": [job.pk]}).status_code == 400
    assert admin.post(REPLAY, {"all": True}).json() == {"replayed": [], "left": 0}


def test_many_are_replayed_by_their_ids_or_not_at_all(admin: APIClient) -> None:
    one, other, third = make_dead(), make_dead(), make_dead()

    refused = admin.post(REPLAY, {"ids": [one.pk, 2**40]})
    assert (refused.status_code, refused.json()) == (
        400,
        {"ids": [f"{2**40} is no dead letter that can be replayed."]},
    )
    assert UnifiedJob.objects.filter(dead_letter=True).count() == 3
    answer = admin.post(REPLAY, {"ids": [one.pk, other.pk, one.pk]})

    assert answer.json() == {"replayed": [one.pk, other.pk], "left": 0}
    assert ids(admin.get(LIST)) == [third.pk]


def test_all_that_a_query_chooses_are_replayed(admin: APIClient) -> None:
    template = make_job_template()
    of_template, other = make_dead(template), make_dead()

    answer = admin.post(f"{REPLAY}?unified_job_template={template.pk}", {"all": True})

    assert answer.json() == {"replayed": [of_template.pk], "left": 0}
    assert ids(admin.get(LIST)) == [other.pk]


@pytest.mark.parametrize(
    "body", [{}, {"all": False}, {"ids": []}, {"ids": [0]}, {"ids": "x"}, {"ids": [1], "all": True}]
)
def test_body_must_say_which(admin: APIClient, body: dict[str, Any]) -> None:
    dead = make_dead()

    assert admin.post(REPLAY, body).status_code == 400
    dead.refresh_from_db()
    assert dead.status == Status.FAILED


def test_replaying_asks_for_the_right_to_launch(db: None, root: User) -> None:
    dead = make_dead(created_by=root)
    reader, executor = holder(dead_template(dead), READ), holder(dead_template(dead), EXECUTE)
    stranger, outsider = client_of(None), client_of(holder(make_project(), READ))

    for client, expected in ((stranger, 401), (outsider, 403), (client_of(reader), 403)):
        assert client.post(path(dead)).status_code == expected
    assert client_of(reader).post(REPLAY, {"ids": [dead.pk]}, format="json").status_code == 403
    assert client_of(reader).post(REPLAY, {"all": True}, format="json").json() == {"replayed": [], "left": 0}
    assert outsider.post(REPLAY, {"ids": [dead.pk]}, format="json").status_code == 400
    done = client_of(executor).post(REPLAY, {"all": True}, format="json").json()
    assert done == {"replayed": [dead.pk], "left": 0}


def dead_template(job: UnifiedJob) -> JobTemplate:
    return JobTemplate.objects.get(unified_jobs=job)


@pytest.mark.django_db(transaction=True)
def test_replayed_run_calls_with_its_old_key(root: User) -> None:
    with Endpoint() as endpoint:
        run = make_run(endpoint.url + "/ok", policy={"max_attempts": 2, "retry_initial_interval": 0})
        UnifiedJob.objects.filter(pk=run.pk).update(
            status=Status.FAILED, attempts_made=2, finished=datetime.now(UTC)
        )
        assert client_of(root).post(path(run)).status_code == 202
        engine = Engine("replays", allowed=LOOPBACK, look_every=0.1)
        engine.start()
        assert endpoint.arrived.wait(WITHIN)
        engine.stop()

    done = UnifiedJob.objects.get(pk=run.pk)
    assert (done.status, done.attempts_made, done.dead_letter) == (Status.SUCCESSFUL, 3, False)
    assert endpoint.requests[0]["headers"]["Idempotency-Key"] == str(run.run_id)
    assert endpoint.requests[0]["headers"]["X-Belfry-Attempt"] == "3"


def dismissal(job: UnifiedJob) -> str:
    return f"/api/v2/jobs/{job.pk}/dismiss/"


def test_dismissed_one_leaves_the_list_and_is_found_by_a_filter(admin: APIClient, root: User) -> None:
    dead, other = make_dead(), make_dead()
    assert admin.get(dismissal(dead)).json() == {"can_dismiss": True}

    answer = admin.post(dismissal(dead))

    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["dismissed"]) <= datetime.now(UTC)
    assert (answer.json()["status"], answer.json()["dead_letter"]) == ("failed", True)
    assert ids(admin.get(LIST)) == [other.pk]
    assert ids(admin.get("/api/v2/jobs/?dismissed__isnull=false")) == [dead.pk]
    entry = ActivityStream.objects.get(object1="job", object1_pk=dead.pk)
    assert entry.actor == root
    assert list(entry.changes) == ["dismissed"]


def test_only_a_dead_letter_is_dismissed_and_that_once(admin: APIClient) -> None:
    dead, failed, going = make_dead(), make_job(status=Status.FAILED), make_dead(status=Status.RUNNING)

    assert admin.post(dismissal(dead)).status_code == 200
    for job in (dead, failed, going):
        assert admin.get(dismissal(job)).json() == {"can_dismiss": False}
        assert admin.post(dismissal(job)).status_code == 409
    assert ActivityStream.objects.filter(object1="job").count() == 1


def test_many_are_dismissed_by_their_ids_or_not_at_all(admin: APIClient) -> None:
    one, other, third = make_dead(), make_dead(), make_dead()

    refused = admin.post(DISMISS, {"ids": [one.pk, 2**40]})
    assert refused.json() == {"ids": [f"{2**40} is no dead letter that can be dismissed."]}
    assert len(ids(admin.get(LIST))) == 3
    answer = admin.post(DISMISS, {"ids": [one.pk, other.pk]})

    assert answer.json() == {"dismissed": [one.pk, other.pk], "left": 0}
    assert ids(admin.get(LIST)) == [third.pk]


def test_all_that_a_query_chooses_are_dismissed_those_of_workflows_too(admin: APIClient) -> None:
    lost = make_dead(status=Status.ERROR, failure_reason="lost")
    workflow_job = UnifiedJob.objects.create(name="w", kind=JobKind.WORKFLOW_JOB, status=Status.FAILED)
    WorkflowJobNode.objects.create(workflow_job_id=workflow_job.pk, job=lost)
    other = make_dead()

    answer = admin.post(f"{DISMISS}?failure_reason=lost", {"all": True})

    assert answer.json() == {"dismissed": [lost.pk], "left": 0}
    assert ids(admin.get(LIST)) == [other.pk]


def test_dismissed_one_is_replayed_only_when_it_is_named_itself(admin: APIClient) -> None:
    dead = make_dead()
    admin.post(dismissal(dead))

    assert admin.post(REPLAY, {"all": True}).json() == {"replayed": [], "left": 0}
    assert admin.post(REPLAY, {"ids": [dead.pk]}).status_code == 400
    assert admin.post(path(dead)).json()["dismissed"] is None

    UnifiedJob.objects.filter(pk=dead.pk).update(status=Status.FAILED)
    assert ids(admin.get(LIST)) == [dead.pk]


def test_dismissing_asks_for_the_right_to_launch(db: None) -> None:
    dead = make_dead()
    reader, executor = holder(dead_template(dead), READ), holder(dead_template(dead), EXECUTE)

    assert client_of(reader).post(dismissal(dead)).status_code == 403
    assert client_of(reader).post(DISMISS, {"ids": [dead.pk]}, format="json").status_code == 403
    refused = client_of(reader).post(DISMISS, {"all": True}, format="json").json()
    assert refused == {"dismissed": [], "left": 0}
    done = client_of(executor).post(DISMISS, {"all": True}, format="json").json()
    assert done == {"dismissed": [dead.pk], "left": 0}
