import time
from typing import Any

import pytest
from pytest_django import Settings

from tests.factories.access import client_of, make_user

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
