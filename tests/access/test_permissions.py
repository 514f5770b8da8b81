"""What is closed by default: everything but what each user has of his own, to everybody but superusers."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from schedules.models import Schedule
from tests.factories.access import bearer, client_of, make_superuser, make_token, make_user
from tests.factories.schedules import HOURLY, make_schedule

pytestmark = pytest.mark.django_db

DENIED = {"detail": "You do not have permission to perform this action."}


def requests_about(schedule: Schedule) -> list[tuple[str, str, dict[str, Any]]]:
    template = f"/api/v2/job_templates/{schedule.unified_job_template_id}/"
    body = {"name": "x", "rrule": HOURLY}
    return [
        ("get", f"/api/v2/schedules/{schedule.pk}/", {}),
        ("get", f"/api/v2/schedules/{schedule.pk}/jobs/", {}),
        ("get", template, {}),
        ("get", f"{template}launch/", {}),
        ("get", f"{template}schedules/", {}),
        ("post", "/api/v2/schedules/", body | {"unified_job_template": schedule.unified_job_template_id}),
        ("post", f"{template}schedules/", body),
        ("post", f"{template}launch/", {}),
        ("post", "/api/v2/job_templates/", {"name": "x"}),
        ("patch", f"/api/v2/schedules/{schedule.pk}/", {"enabled": False}),
        ("put", f"/api/v2/schedules/{schedule.pk}/", body),
        ("delete", f"/api/v2/schedules/{schedule.pk}/", {}),
        ("patch", template, {"name": "y"}),
        ("delete", template, {}),
    ]


def answers_to(client: APIClient, schedule: Schedule) -> list[tuple[int, Any]]:
    answers = [
        getattr(client, method)(path, body, format="json") for method, path, body in requests_about(schedule)
    ]
    return [(answer.status_code, answer.json() if answer.status_code == 403 else None) for answer in answers]


def test_user_without_roles_is_kept_out() -> None:
    schedule = make_schedule()

    assert answers_to(client_of(make_user()), schedule) == [(403, DENIED)] * 14
    assert Schedule.objects.get().enabled


def test_auditor_may_look_only() -> None:
    schedule = make_schedule()

    assert (
        answers_to(client_of(make_user(is_system_auditor=True)), schedule)
        == [(200, None)] * 5 + [(403, DENIED)] * 9
    )


def test_reading_token_of_a_superuser_may_look_only() -> None:
    schedule = make_schedule()
    _, secret = make_token(make_superuser(), scope="read")

    assert answers_to(bearer(secret), schedule) == [(200, None)] * 5 + [(403, DENIED)] * 9


@pytest.mark.parametrize(
    "path", ["schedules", "job_templates", "jobs", "unified_jobs", "unified_job_templates", "projects"]
)
def test_lists_are_empty_without_roles(path: str) -> None:
    make_schedule()
    client = client_of(make_user())

    answer = client.get(f"/api/v2/{path}/")

    assert (answer.status_code, answer.json()["count"]) == (200, 0)


def test_what_does_not_exist_is_not_found_rather_than_forbidden() -> None:
    client = client_of(make_user())

    answers = [
        client.get("/api/v2/schedules/999999/"),
        client.delete("/api/v2/schedules/999999/"),
        client.patch("/api/v2/schedules/999999/", {}, format="json"),
        client.get("/api/v2/job_templates/999999/schedules/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_what_is_nobody_s_is_open_to_every_user() -> None:
    client = client_of(make_user())

    assert client.post("/api/v2/schedules/preview/", {"rrule": HOURLY}, format="json").status_code == 200
    assert client.get("/api/v2/schedules/zoneinfo/").status_code == 200


def test_preview_is_closed_to_a_reading_token() -> None:
    _, secret = make_token(make_superuser(), scope="read")

    answer = bearer(secret).post("/api/v2/schedules/preview/", {"rrule": HOURLY}, format="json")

    assert (answer.status_code, answer.json()) == (403, DENIED)


def test_options_tell_of_objects_that_are_not_there() -> None:
    answer = client_of(make_user()).options("/api/v2/schedules/1/")

    assert answer.status_code == 200
    assert set(answer.json()["actions"]) == {"GET"}


def test_form_is_told_to_those_only_who_may_use_it() -> None:
    _, secret = make_token(make_superuser(), scope="read")

    actions = [
        set(client.options("/api/v2/organizations/").json()["actions"])
        for client in (client_of(make_superuser()), client_of(make_user()), bearer(secret))
    ]

    assert actions == [{"GET", "POST"}, {"GET"}, {"GET"}]
