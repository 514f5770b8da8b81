from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from access.runtime_settings import write
from jobs.models import UnifiedJob
from schedules.models import Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.access import client_of, make_superuser
from tests.factories.schedules import exclude, make_schedule

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def root() -> APIClient:
    return client_of(make_superuser())


def ledger(client: APIClient, schedule: Schedule, query: str = "") -> Any:
    return client.get(f"/api/v2/schedules/{schedule.pk}/occurrences/?{query}").json()


def test_ledger_says_of_each_due_instant_what_became_of_it(root: APIClient) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    launch_due(MIDNIGHT + HOUR)
    job = UnifiedJob.objects.get()

    latest, first = ledger(root, schedule)["results"]

    assert first == first | {
        "type": "occurrence",
        "scheduled_for": "2030-01-01T00:00:00Z",
        "outcome": "coalesced",
        "reason": "Missed: one launch, for the latest time missed, stands for all.",
        "through": None,
        "job": None,
    }
    assert (latest["outcome"], latest["reason"], latest["job"]) == ("launched", "", job.pk)
    assert latest["related"]["job"] == f"/api/v2/jobs/{job.pk}/"
    assert latest["summary_fields"]["job"]["status"] == "pending"
    assert root.get(latest["url"]).json() == latest
    assert root.get(f"/api/v2/schedules/{make_schedule().pk}/occurrences/{latest['id']}/").status_code == 404


def test_schedule_names_its_ledger(root: APIClient) -> None:
    schedule = make_schedule()

    related = root.get(f"/api/v2/schedules/{schedule.pk}/").json()["related"]

    assert related["occurrences"] == f"/api/v2/schedules/{schedule.pk}/occurrences/"


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ("outcome=coalesced", [1, 0]),
        ("not__outcome=coalesced", [2]),
        ("job__isnull=false", [2]),
        ("job__status=pending", [2]),
        ("scheduled_for__gte=2030-01-01T01:00:00Z&order_by=scheduled_for", [1, 2]),
        ("search=latest", [1, 0]),
        ("page_size=1&page=2", [1]),
    ],
)
def test_ledger_is_filtered_like_any_list(root: APIClient, query: str, hours: list[int]) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    launch_due(MIDNIGHT + 2 * HOUR)

    found = [datetime.fromisoformat(row["scheduled_for"]) for row in ledger(root, schedule, query)["results"]]

    assert found == [MIDNIGHT + hour * HOUR for hour in hours]


def test_ledger_is_read_only(root: APIClient) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    launch_due(MIDNIGHT)
    url = ledger(root, schedule)["results"][0]["url"]

    statuses = [root.post(f"/api/v2/schedules/{schedule.pk}/occurrences/").status_code]
    statuses += [root.patch(url, {"outcome": "launched"}).status_code, root.delete(url).status_code]

    assert statuses == [405, 405, 405]
    assert Occurrence.objects.count() == 1


@time_machine.travel(MIDNIGHT - HOUR, tick=False)
def test_forecast_says_what_will_and_what_will_not_be_launched(root: APIClient) -> None:
    schedule = make_schedule(
        now=MIDNIGHT - HOUR, paused_until=MIDNIGHT + timedelta(minutes=1), pause_note="moving"
    )
    exclude(schedule, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, name="lunch")

    answer = ledger(root, schedule, "forecast=3")

    calendar = schedule.calendars.get()
    assert answer["results"] == []
    assert answer["forecast"] == [
        {
            "scheduled_for": "2030-01-01T00:00:00Z",
            "outcome": "paused",
            "reason": "The schedule is paused until 2030-01-01 00:01:00 UTC: moving",
        },
        {
            "scheduled_for": "2030-01-01T01:00:00Z",
            "outcome": "excluded",
            "reason": f'Excluded by the calendar "{calendar.name}": lunch',
        },
        {"scheduled_for": "2030-01-01T02:00:00Z", "outcome": "forecast", "reason": ""},
    ]


def test_forecast_is_what_then_happens(root: APIClient) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR, paused_until=MIDNIGHT + 2 * HOUR)
    exclude(schedule, MIDNIGHT + 3 * HOUR, MIDNIGHT + 5 * HOUR)

    expected = ledger(root, schedule, "forecast=8")["forecast"]
    for row in expected:
        launch_due(datetime.fromisoformat(row["scheduled_for"]))

    happened = Occurrence.objects.order_by("scheduled_for").values_list("outcome", flat=True)
    assert [row["outcome"].replace("forecast", "launched") for row in expected] == list(happened)


def test_forecast_of_a_paused_system_says_so(root: APIClient) -> None:
    schedule = make_schedule()
    write("SYSTEM_PAUSED", value=True)

    [row] = ledger(root, schedule, "forecast=1")["forecast"]

    assert row["outcome"] == "forecast"
    assert row["reason"].startswith("The system is paused.")


def test_schedule_that_is_off_has_no_forecast(root: APIClient) -> None:
    assert ledger(root, make_schedule(enabled=False), "forecast=5")["forecast"] == []


@pytest.mark.parametrize("wanted", ["0", "51", "-1", "x", "", "1.5", "²", "9" * 50])
def test_forecast_of_no_number_is_refused(root: APIClient, wanted: str) -> None:
    answer = root.get(f"/api/v2/schedules/{make_schedule().pk}/occurrences/", {"forecast": wanted})

    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "forecast must be a whole number from 1 to 50."},
    )
