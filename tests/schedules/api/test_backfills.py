from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from jobs.models import JobTemplate, UnifiedJob
from schedules.backfilling import step_backfills
from schedules.models import Backfill, Schedule
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.roles import give
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
RANGE = {"start": "2030-01-01T00:00:00Z", "end": "2030-01-01T03:00:00Z"}
REAL = {**RANGE, "dry_run": False}


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def ask(client: APIClient, schedule: Schedule, body: Any) -> Any:
    with time_machine.travel(NOON, tick=False):
        return client.post(f"/api/v2/schedules/{schedule.pk}/backfill/", body, format="json")


def test_a_dry_run_is_the_default_and_launches_nothing(client: APIClient) -> None:
    answer = ask(client, make_schedule(now=NOON), RANGE)

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "count": 3,
            "to_launch": 3,
            "occurrences": [
                {"scheduled_for": f"2030-01-01T0{hour}:00:00Z", "already_run": "never", "launch": True}
                for hour in range(3)
            ],
        },
    )
    assert Backfill.objects.count() == 0


def test_a_backfill_is_shown_with_its_runs_and_can_be_canceled(client: APIClient) -> None:
    schedule = make_schedule(now=NOON)

    made = ask(client, schedule, {**REAL, "order": "backward", "max_concurrency": 2})
    step_backfills(NOON)

    path = made["Location"]
    shown = client.get(path).json()
    assert made.status_code == 201
    assert shown == shown | {
        "schedule": schedule.pk,
        "order": "backward",
        "already_run": "none",
        "status": "running",
        "total": 3,
        "launched": 2,
    }
    runs = client.get(shown["related"]["jobs"]).json()["results"]
    assert {run["id"] for run in runs} == set(UnifiedJob.objects.values_list("pk", flat=True))
    assert client.get(f"/api/v2/schedules/{schedule.pk}/backfills/").json()["results"] == [
        client.get("/api/v2/backfills/").json()["results"][0]
    ]
    cancel = shown["related"]["cancel"]
    assert client.get(cancel).json() == {"can_cancel": True}
    assert [client.post(cancel).status_code for _ in range(2)] == [202, 405]
    assert client.get(path).json()["status"] == "canceled"
    stream = client.get("/api/v2/activity_stream/", {"object1": "backfill"}).json()["results"]
    assert [entry["operation"] for entry in stream] == ["create", "update"]


def test_a_backfill_without_occurrences_is_answered_as_one_that_has_ended(client: APIClient) -> None:
    schedule = make_schedule(now=NOON)
    between = {"start": "2030-01-01T00:10:00Z", "end": "2030-01-01T00:50:00Z"}

    assert ask(client, schedule, between).json() == {"count": 0, "to_launch": 0, "occurrences": []}
    made = ask(client, schedule, {**between, "dry_run": False})

    assert made.status_code == 201
    shown = made.json()
    assert (shown["status"], shown["total"], shown["finished"]) == ("successful", 0, "2030-01-01T12:00:00Z")
    assert shown["explanation"].startswith("There was nothing to launch")


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": None},
        {"end": "2030-01-01T00:00:00Z"},
        {"end": "2031-01-01T00:00:00Z"},
        {"already_run": "some"},
        {"order": "sideways"},
        {"max_concurrency": 0},
        {"max_concurrency": 101},
        {"dry_run": "perhaps"},
    ],
)
def test_a_bad_backfill_is_refused_and_leaves_nothing(client: APIClient, wrong: dict[str, Any]) -> None:
    answer = ask(client, make_schedule(now=NOON), REAL | wrong)

    assert answer.status_code == 400
    assert len(answer.json()) == 1
    assert Backfill.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "asked", "canceled"), [("", 403, 403), ("execute_role", 403, 403), ("admin_role", 201, 202)]
)
def test_who_may_change_a_schedule_and_launch_its_template_may_backfill_it(
    client: APIClient, role: str, asked: int, canceled: int
) -> None:
    schedule = make_schedule(now=NOON)
    path = ask(client, schedule, REAL)["Location"]
    user = make_user()
    if role:
        give(JobTemplate.objects.get(pk=schedule.unified_job_template_id), role, user)

    own = client_of(user)

    assert ask(own, schedule, REAL).status_code == asked
    assert own.get(path).status_code == (200 if role else 403)
    assert own.post(f"{path}cancel/").status_code == canceled
