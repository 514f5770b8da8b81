from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from access.models import ActivityStream
from schedules.calendars import MOST_CALENDARS, Calendar, CalendarEntry
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder
from tests.factories.schedules import make_calendar, make_entry, make_schedule

pytestmark = pytest.mark.django_db

CALENDARS = "/api/v2/calendars/"
MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOLIDAYS = "\r\n".join(
    [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "DTSTART;VALUE=DATE:19701225"),
        *("RRULE:FREQ=YEARLY;COUNT=65", "SUMMARY:Christmas", "END:VEVENT", "END:VCALENDAR", ""),
    ]
)


@pytest.fixture
def root() -> APIClient:
    client = client_of(make_superuser())
    client.default_format = "json"
    return client


def test_calendar_is_made_shown_and_filled(root: APIClient) -> None:
    organization = make_organization()

    made = root.post(
        CALENDARS, {"name": "Holidays", "organization": organization.pk, "zone": "Europe/Berlin"}
    ).json()
    entry = root.post(made["related"]["entries"], {"name": "New Year", "first_day": "2030-01-01"}).json()

    assert (made["type"], made["zone"], entry["type"]) == ("calendar", "Europe/Berlin", "calendar_entry")
    assert made["summary_fields"]["organization"]["id"] == organization.pk
    assert {name: entry[name] for name in ("calendar", "first_day", "last_day", "from_time", "imported")} == {
        "calendar": made["id"],
        "first_day": "2030-01-01",
        "last_day": "2030-01-01",
        "from_time": None,
        "imported": False,
    }
    assert root.get(made["related"]["entries"]).json()["count"] == 1
    assert root.get(entry["url"]).json()["summary_fields"]["calendar"]["name"] == "Holidays"


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"zone": "Mars/Olympus"}, {"zone": ["Mars/Olympus is not the name of a time zone."]}),
        ({"name": "taken"}, {"__all__": ["Calendar with this Organization and Name already exists."]}),
        ({"organization": None}, {"organization": ["This field may not be null."]}),
    ],
)
def test_bad_calendar_is_refused(
    root: APIClient, given: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    taken = make_calendar(name="taken")

    answer = root.post(CALENDARS, {"name": "n", "organization": taken.organization_id} | given)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert Calendar.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"last_day": "2029-12-31"},
        {"from_time": "12:00", "until_time": "12:00"},
        {"first_day": "0001-01-01"},
        {"last_day": "9999-12-31"},
        {"first_day": "2030-02-30"},
        {"from_time": "25:00"},
        {"from_time": "12:00:00Z"},
    ],
)
def test_bad_entry_is_refused(root: APIClient, given: dict[str, Any]) -> None:
    calendar = make_calendar()

    answer = root.post(f"{CALENDARS}{calendar.pk}/entries/", {"name": "n", "first_day": "2030-01-01"} | given)

    assert answer.status_code == 400
    assert CalendarEntry.objects.count() == 0


def test_entry_stays_in_its_calendar_and_in_order(root: APIClient) -> None:
    entry, other = make_entry(make_calendar(), date(2030, 1, 1)), make_calendar()
    url = f"/api/v2/calendar_entries/{entry.pk}/"

    moved = root.patch(url, {"calendar": other.pk})
    turned = root.patch(url, {"first_day": "2030-01-02"})
    longer = root.patch(url, {"last_day": "2030-01-03", "until_time": "12:30"})

    assert (moved.status_code, turned.status_code, longer.status_code) == (400, 400, 200)
    assert longer.json()["until_time"] == "12:30:00"


@time_machine.travel(MIDNIGHT, tick=False)
@pytest.mark.parametrize("content_type", ["text/calendar", "application/json"])
def test_import_replaces_what_was_imported_and_keeps_the_rest(root: APIClient, content_type: str) -> None:
    calendar = make_calendar()
    make_entry(calendar, date(2030, 1, 1), name="by hand")
    make_entry(calendar, date(2030, 1, 2), name="old", imported=True)
    url = f"{CALENDARS}{calendar.pk}/import/"

    if content_type == "text/calendar":
        answer = root.generic("POST", url, HOLIDAYS, content_type=content_type)
    else:
        answer = root.post(url, {"icalendar": HOLIDAYS})

    assert (answer.status_code, answer.json()) == (200, {"imported": 6, "left_out": 0})
    entries = list(calendar.entries.values_list("name", "imported"))
    assert entries == [("Christmas", True), ("by hand", False), *[("Christmas", True)] * 5]
    assert ActivityStream.objects.get().changes == {"imported entries": [1, 6]}


@pytest.mark.parametrize("text", ["", "nothing", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "x" * 300_000])
def test_import_that_fails_changes_nothing(root: APIClient, text: str) -> None:
    calendar = make_calendar()
    make_entry(calendar, date(2030, 1, 2), imported=True)

    answer = root.post(f"{CALENDARS}{calendar.pk}/import/", {"icalendar": text})

    assert (answer.status_code, list(answer.json())) == (400, ["icalendar"])
    assert calendar.entries.count() == 1


@time_machine.travel(MIDNIGHT + timedelta(seconds=1), tick=False)
def test_attached_calendar_counts_from_then_on(root: APIClient) -> None:
    schedule, calendar = make_schedule(now=MIDNIGHT - HOUR), make_calendar()
    make_entry(calendar, MIDNIGHT.date())
    url = f"/api/v2/schedules/{schedule.pk}/calendars/"

    assert root.post(url, {"id": calendar.pk}).status_code == 204
    launch_due(MIDNIGHT + HOUR)

    assert list(Occurrence.objects.values_list("outcome", flat=True)) == ["launched", "excluded"]
    assert root.get(url).json()["results"][0]["id"] == calendar.pk
    used_by = root.get(f"{CALENDARS}{calendar.pk}/schedules/").json()["results"]
    assert [row["id"] for row in used_by] == [schedule.pk]
    assert root.post(url, {"id": calendar.pk, "disassociate": True}).status_code == 204
    assert not schedule.calendars.exists()


def test_a_schedule_has_no_more_calendars_than_the_bound(root: APIClient) -> None:
    schedule, organization = make_schedule(), make_organization()
    schedule.calendars.set(make_calendar(organization) for _ in range(MOST_CALENDARS))

    answer = root.post(f"/api/v2/schedules/{schedule.pk}/calendars/", {"id": make_calendar(organization).pk})

    assert (answer.status_code, answer.json()) == (400, {"msg": "A schedule may have 20 calendars."})


def test_whoever_changes_the_schedule_and_reads_the_calendar_attaches_it() -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    schedule, calendar = make_schedule(template=template), make_calendar(organization)
    author = holder(template, "execute_role")
    url = f"/api/v2/schedules/{schedule.pk}/calendars/"
    schedule.created_by = author
    schedule.save()

    does_not_read = client_of(author).post(url, {"id": calendar.pk}, format="json")
    give(organization, "member_role", author)
    may = client_of(author).post(url, {"id": calendar.pk}, format="json")

    assert (does_not_read.status_code, may.status_code) == (403, 204)
    assert client_of(author).get(f"{CALENDARS}{calendar.pk}/").status_code == 200
    assert client_of(make_user()).get(f"{CALENDARS}{calendar.pk}/").status_code == 403
