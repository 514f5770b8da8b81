"""Run policies in the API: on templates, on the schedules that say otherwise, and with the runs that have them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import UnifiedJob
from jobs.policies import POLICY_FIELDS
from jobs.statuses import Status
from schedules.poller import launch_due
from tests.factories.jobs import make_job, make_job_template, make_project
from tests.factories.schedules import HOURLY, make_schedule

LIST = "/api/v2/job_templates/"
FULL: dict[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 20,
    "deadline": 3600,
    "max_attempts": 4,
    "retry_initial_interval": 2,
    "retry_backoff": 1.5,
    "retry_max_interval": 60,
    "retry_max_age": 900,
    "retry_on": "connect,timeout,500-599",
    "completion": "callback",
    "heartbeat_timeout": 30,
}
BAD = [
    ("connect_timeout", 0),
    ("connect_timeout", None),
    ("read_timeout", -1),
    ("deadline", 2**31),
    ("max_attempts", 0),
    ("max_attempts", 101),
    ("retry_initial_interval", "soon"),
    ("retry_backoff", 0.5),
    ("retry_backoff", 11),
    ("retry_backoff", "nan"),
    ("retry_max_interval", 0),
    ("retry_on", "5xx"),
    ("retry_on", "canceled"),
    ("completion", "never"),
    ("heartbeat_timeout", 0),
]


def test_policy_comes_back_as_it_was_sent_and_goes_with_the_run(admin: APIClient) -> None:
    made = admin.post(LIST, {"name": "Bounded", "endpoint": "http://127.0.0.1:9/", **FULL}).json()
    assert {name: made[name] for name in FULL} == FULL

    run = admin.post(f"{LIST}{made['id']}/launch/").json()
    admin.patch(f"{LIST}{made['id']}/", {"max_attempts": 1})

    job = UnifiedJob.objects.get(pk=run["id"])
    assert run["run_policy"] == FULL
    assert (run["attempts_allowed"], run["next_attempt_at"], run["dead_letter"]) == (4, None, False)
    assert job.deadline_at == job.created + timedelta(hours=1)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_policy_is_refused_on_templates_and_schedules(admin: APIClient, name: str, value: object) -> None:
    template = make_job_template()
    body = {"name": "s", "rrule": HOURLY, "unified_job_template": template.pk}

    of_template = admin.patch(f"{LIST}{template.pk}/", {name: value})
    of_schedule = admin.post("/api/v2/schedules/", body | {"run_policy": {name: value}})

    assert (of_template.status_code, list(of_template.json())) == (400, [name])
    assert (of_schedule.status_code, list(of_schedule.json()["run_policy"])) == (400, [name])


@pytest.mark.parametrize("value", [[1], "text", 7, {"timeout": 5}, {"x": 1}])
def test_what_is_no_policy_is_refused(admin: APIClient, value: object) -> None:
    body = {"name": "s", "rrule": HOURLY, "unified_job_template": make_job_template().pk}

    answer = admin.post("/api/v2/schedules/", body | {"run_policy": value})

    assert (answer.status_code, list(answer.json())) == (400, ["run_policy"])


def test_schedule_of_a_project_has_no_policy(admin: APIClient) -> None:
    project = make_project(catalog_url="/openapi.json")
    body = {"name": "s", "rrule": HOURLY, "unified_job_template": project.pk}

    answer = admin.post("/api/v2/schedules/", body | {"run_policy": {"max_attempts": 2}})

    assert answer.json() == {"run_policy": ["Only runs of job templates have a run policy."]}


def test_runs_of_a_schedule_have_its_policy_over_the_template_s(admin: APIClient) -> None:
    template = make_job_template(max_attempts=2, deadline=60)
    schedule = make_schedule(template=template)
    path = f"/api/v2/schedules/{schedule.pk}/"
    answer = admin.patch(path, {"run_policy": {"max_attempts": 5, "retry_on": "500, 429"}}).json()
    assert answer["run_policy"] == {"max_attempts": 5, "retry_on": "500,429"}
    assert answer["run_policy_in_words"].startswith("At most 5 attempts: after 500, 429 another follows")
    schedule.refresh_from_db()
    assert schedule.next_run is not None

    launch_due(schedule.next_run)

    run = UnifiedJob.objects.get()
    policy = run.request["policy"]
    assert (policy["max_attempts"], policy["retry_on"], policy["deadline"]) == (5, "500,429", 60)
    assert run.attempts_allowed == 5
    assert admin.patch(path, {"run_policy": None}).json()["run_policy"] == {}


def test_relaunch_has_what_the_schedule_said_otherwise_and_the_rest_as_the_template_is_now(
    admin: APIClient,
) -> None:
    template = make_job_template(max_attempts=2, deadline=60)
    schedule = make_schedule(template=template, run_policy={"max_attempts": 5})
    assert schedule.next_run is not None
    launch_due(schedule.next_run)
    first = UnifiedJob.objects.get()
    first.status = Status.FAILED
    first.save()
    template.deadline = 90
    template.save()

    for _ in range(2):
        again = admin.post(f"/api/v2/jobs/{first.pk}/relaunch/").json()
        assert (again["run_policy"]["max_attempts"], again["run_policy"]["deadline"]) == (5, 90)
        assert again["attempts_allowed"] == 5
        first = UnifiedJob.objects.get(pk=again["id"])


def test_options_say_what_each_part_of_a_policy_is(admin: APIClient) -> None:
    of_post = admin.options(LIST).json()["actions"]["POST"]

    assert all(of_post[name]["help_text"] for name in POLICY_FIELDS)
    assert (of_post["max_attempts"]["min_value"], of_post["max_attempts"]["max_value"]) == (1, 100)
    assert admin.options("/api/v2/schedules/").json()["actions"]["POST"]["run_policy"]["help_text"]


def test_waiting_run_says_when_its_next_attempt_is(admin: APIClient) -> None:
    at = timezone.now() + timedelta(minutes=5)
    run = make_job(status=Status.WAITING, attempts_made=1, attempts_allowed=3, available_at=at)

    shown = admin.get(f"/api/v2/jobs/{run.pk}/").json()

    assert shown["next_attempt_at"] == at.isoformat().replace("+00:00", "Z")


def test_jobs_can_be_asked_for_by_how_they_failed(admin: APIClient) -> None:
    dead = make_job(status=Status.FAILED, failure_reason="timeout", attempts_allowed=3)
    make_job(status=Status.FAILED, failure_reason="deadline")
    make_job(status=Status.CANCELED, failure_reason="canceled", attempts_allowed=3)

    for query in ("dead_letter=true", "failure_reason=timeout"):
        found = admin.get(f"/api/v2/jobs/?{query}").json()["results"]
        assert [one["id"] for one in found] == [dead.pk]
