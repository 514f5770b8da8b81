import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from schedules.models import Schedule
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db

PREVIEW = "/api/v2/schedules/preview/"
ZONEINFO = "/api/v2/schedules/zoneinfo/"
START = "DTSTART:20300101T000000Z "


def preview(body: Any) -> Any:
    return client_of(make_user()).post(PREVIEW, body, format="json")


def test_preview_of_the_published_example() -> None:
    rule = "DTSTART;TZID=America/New_York:20300115T120000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=7"

    answer = preview({"rrule": rule})

    assert answer.status_code == 200
    assert answer.json() == {
        "local": [f"2030-01-{day}T12:00:00-05:00" for day in range(15, 22)],
        "utc": [f"2030-01-{day}T17:00:00Z" for day in range(15, 22)],
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, ["02T01:30:00-04:00", "03T01:30:00-04:00", "04T01:30:00-05:00"]),
        ({"dst_overlap": "last"}, ["02T01:30:00-04:00", "03T01:30:00-05:00", "04T01:30:00-05:00"]),
        (
            {"dst_overlap": "both", "dst_gap": "shift"},
            ["02T01:30:00-04:00", "03T01:30:00-04:00", "03T01:30:00-05:00", "04T01:30:00-05:00"],
        ),
    ],
)
def test_preview_by_the_policy_for_changes_of_the_clock(policy: dict[str, str], expected: list[str]) -> None:
    rule = "DTSTART;TZID=America/New_York:20301102T013000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3"

    answer = preview({"rrule": rule} | policy)

    assert answer.json()["local"] == [f"2030-11-{moment}" for moment in expected]


def test_preview_of_a_rule_with_jitter_says_the_window() -> None:
    answer = preview({"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1", "jitter_seconds": 600})

    assert answer.json() == {
        "local": ["2030-01-01T00:00:00Z"],
        "utc": ["2030-01-01T00:00:00Z"],
        "jitter_seconds": 600,
    }


@pytest.mark.parametrize(
    "policy",
    [
        {"dst_gap": "jump"},
        {"dst_gap": None},
        {"dst_overlap": "never"},
        {"dst_overlap": ["both"]},
        {"jitter_seconds": -1},
        {"jitter_seconds": 86_401},
        {"jitter_seconds": "soon"},
        {"jitter_seconds": 10**400},
    ],
)
def test_preview_of_an_unknown_policy_is_a_400(policy: dict[str, Any]) -> None:
    answer = preview({"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=1"} | policy)

    assert (answer.status_code, list(answer.json())) == (400, list(policy))


MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
TWICE = START + "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"


def stored_preview(schedule: Schedule, *, at: datetime) -> Any:
    with time_machine.travel(at, tick=False):
        return client_of(make_superuser()).get(f"/api/v2/schedules/{schedule.pk}/preview/").json()


def test_preview_of_a_schedule_shows_when_each_occurrence_is_launched() -> None:
    schedule = make_schedule(TWICE, now=MIDNIGHT - timedelta(days=1), jitter_seconds=600)

    shown = stored_preview(schedule, at=MIDNIGHT - timedelta(hours=1))

    assert shown["utc"] == shown["local"] == ["2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"]
    assert shown["jitter_seconds"] == 600
    launches = [datetime.fromisoformat(launch) for launch in shown["launches"]]
    assert launches[0] == schedule.next_run == MIDNIGHT + timedelta(seconds=shown["slot_seconds"])
    assert launches[1] == launches[0] + timedelta(days=1)


def test_preview_of_a_schedule_begins_with_the_occurrence_that_waits_for_its_slot() -> None:
    schedule = make_schedule(TWICE, now=MIDNIGHT - timedelta(days=1), jitter_seconds=86_400)

    shown = stored_preview(schedule, at=MIDNIGHT + timedelta(seconds=1))

    assert schedule.slot > timedelta(seconds=1)
    assert shown["utc"][0] == "2030-01-01T00:00:00Z"


def test_preview_of_a_schedule_that_is_off_shows_what_would_come() -> None:
    schedule = make_schedule(TWICE, now=MIDNIGHT, enabled=False)

    shown = stored_preview(schedule, at=MIDNIGHT)

    assert shown["launches"] == shown["utc"] == ["2030-01-02T00:00:00Z"]


def test_preview_of_a_schedule_with_a_broken_rule_is_a_400() -> None:
    schedule = make_schedule(TWICE)
    Schedule.objects.update(rrule="nonsense")

    assert list(stored_preview(schedule, at=MIDNIGHT)) == ["rrule"]


def test_preview_of_a_schedule_is_closed_to_who_may_not_read_it() -> None:
    path = f"/api/v2/schedules/{make_schedule().pk}/preview/"
    client = client_of(make_user())

    assert (client.get(path).status_code, client.post(path).status_code) == (403, 405)


@pytest.mark.parametrize(
    ("rule", "refused_as_documented"),
    [
        (
            START + "RRULE:FREQ=DAILY;INTERVAL=1 RRULE:FREQ=WEEKLY;INTERVAL=1",
            "Multiple RRULE is not supported.",
        ),
        (START + "RRULE:FREQ=YEARLY;INTERVAL=1;BYYEARDAY=100", "BYYEARDAY not supported."),
        (START + "RRULE:FREQ=YEARLY;INTERVAL=1;BYWEEKNO=20", "BYWEEKNO not supported."),
        (START + "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,2", "Multiple BYMONTHDAYs not supported."),
        (START + "RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=1,2", "Multiple BYMONTHs not supported."),
    ],
)
def test_preview_in_each_contract(settings: Settings, rule: str, refused_as_documented: str) -> None:
    settings.AWX_CONTRACT = "documented"
    documented = preview({"rrule": rule})
    settings.AWX_CONTRACT = "server"
    server = preview({"rrule": rule})

    assert (documented.status_code, documented.json()) == (400, {"rrule": [refused_as_documented]})
    assert (server.status_code, len(server.json()["utc"])) == (200, 10)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rrule": ""},
        {"rrule": None},
        {"rrule": 5},
        {"rrule": {"a": []}},
        {"rrule": "x"},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=0"},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=-1"},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=" + "9" * 400},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=" + "9" * 5000},
        {"rrule": "DTSTART;TZID=Mars/Olympus:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1"},
        {"rrule": "DTSTART:99999999T999999Z RRULE:FREQ=DAILY;INTERVAL=1"},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=1;BYDAY=" + "MO," * 300_000},
        {"rrule": START + "\x00RRULE:FREQ=DAILY;INTERVAL=1"},
        {"rrule": START + "RRULE:FREQ=DAILY;INTERVAL=1;BYHOUR=25"},
        {"rrule": "\u2603" * 10_000},
    ],
)
def test_preview_of_nonsense_is_a_quick_400(body: Any) -> None:
    begun = time.process_time()

    answer = preview(body)

    assert answer.status_code == 400
    assert list(answer.json()) == ["rrule"]
    assert time.process_time() - begun < 2


def test_preview_of_half_a_surrogate_pair_is_a_400() -> None:
    answer = client_of(make_user()).post(PREVIEW, '{"rrule": "\\ud800"}', content_type="application/json")

    assert answer.status_code == 400


def test_zoneinfo_in_each_contract(settings: Settings) -> None:
    client = client_of(make_user())
    settings.AWX_CONTRACT = "documented"
    documented = client.get(ZONEINFO).json()
    settings.AWX_CONTRACT = "server"
    server = client.get(ZONEINFO).json()

    assert {"name": "Europe/Berlin"} in documented
    assert [zone["name"] for zone in documented] == server["zones"] == sorted(server["zones"])
    assert "US/Eastern" in server["links"]
