"""Changes of schedules are taken back by what the activity stream says of them."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import User
from access.roles import ADMIN, EXECUTE, READ, USE
from jobs import announcing
from jobs.models import Label, UnifiedJob
from schedules.models import Occurrence, Schedule
from schedules.rolling_back import UNWRITTEN, rollback
from tests.api.test_pages import HTML, send
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.inventories import make_inventory
from tests.factories.roles import give, holder
from tests.factories.schedules import HOURLY, make_calendar, make_schedule, make_template
from tests.jobs.execution.conftest import eventually
from tests.schedules.test_backfilling import in_thread, somebody_waits_for_a_lock
from tests.schedules.test_planning import planned

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = "DTSTART:20300101T120000Z RRULE:FREQ=DAILY;INTERVAL=1"
WEEKLY = "DTSTART:20300101T120000Z RRULE:FREQ=WEEKLY;INTERVAL=1"
NO_UPDATE = {"to": ["This is not the id of an update in the schedule's activity stream."]}
MASKED = {"extra_data": ["It had a secret, which the activity stream masks."]}
PASSWORD_SURVEY = {
    "name": "Survey",
    "description": "",
    "spec": [{"variable": "pw", "question_name": "Password", "type": "password", "required": False}],
}


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def path_of(schedule: Schedule, name: str = "") -> str:
    return f"/api/v2/schedules/{schedule.pk}/" + (f"{name}/" if name else "")


def change(client: APIClient, schedule: Schedule, **values: Any) -> int:
    """PATCH a schedule; the id of the entry that the activity stream has of it."""
    answer = client.patch(path_of(schedule), values, format="json")
    assert answer.status_code == 200, answer.json()
    return ActivityStream.objects.latest("pk").pk


def look(client: APIClient, schedule: Schedule, **query: Any) -> Any:
    return client.get(path_of(schedule, "rollback"), query)


def take_back(client: APIClient, schedule: Schedule, to: Any) -> Any:
    return client.post(path_of(schedule, "rollback"), {"to": to}, format="json")


def stored(schedule: Schedule) -> dict[str, Any]:
    return dict(Schedule.objects.filter(pk=schedule.pk).values().get())


@time_machine.travel(MIDNIGHT - HOUR, tick=False)
def test_a_change_is_taken_back_with_the_times_that_follow_from_it(client: APIClient) -> None:
    schedule = make_schedule(DAILY, now=MIDNIGHT - HOUR, name="before")
    to = change(client, schedule, rrule=HOURLY, name="after", enabled=False)

    answer = take_back(client, schedule, to)

    assert answer.status_code == 200
    assert answer.json() == client.get(path_of(schedule)).json()
    schedule.refresh_from_db()
    assert (schedule.rrule, schedule.name, schedule.enabled) == (DAILY, "before", True)
    assert (schedule.dtstart, schedule.next_run) == (MIDNIGHT + 12 * HOUR, MIDNIGHT + 12 * HOUR)
    assert answer.json()["related"]["rollback"] == path_of(schedule, "rollback")


def test_later_changes_are_taken_back_as_well(client: APIClient) -> None:
    schedule = make_schedule(DAILY, description="first")
    change(client, schedule, missed_limit=3)
    to = change(client, schedule, description="second")
    change(client, schedule, description="third", rrule=WEEKLY)
    change(client, schedule, pause_note="why")

    assert take_back(client, schedule, to).status_code == 200

    schedule.refresh_from_db()
    assert (schedule.description, schedule.rrule, schedule.pause_note) == ("first", DAILY, "")
    assert schedule.missed_limit == 3


def test_every_field_comes_back_as_it_was(client: APIClient) -> None:
    template, other = (
        make_template(
            ask_variables_on_launch=True,
            **{f"ask_{name}_on_launch": True for name in ("inventory", "limit", "verbosity", "diff_mode")},
        )
        for _ in range(2)
    )
    inventory, second = make_inventory(), make_inventory()
    schedule = make_schedule(
        DAILY,
        template=template,
        inventory=inventory,
        prompts={"limit": "web*", "verbosity": 0},
        extra_data={"a": [1, {"b": 2.5}]},
        run_policy={"max_attempts": 3, "retry_backoff": 1.0},
        paused_until=MIDNIGHT + timedelta(microseconds=5),
        overlap_limit=0,
    )
    before = stored(schedule)
    to = change(
        client,
        schedule,
        name="other",
        description="d",
        rrule=HOURLY,
        enabled=False,
        unified_job_template=other.pk,
        inventory=second.pk,
        extra_data="a: 1",
        limit=None,
        verbosity=3,
        diff_mode=False,
        run_policy={},
        overlap_policy="skip",
        overlap_limit=None,
        missed_policy="all",
        missed_limit=2,
        starting_deadline_seconds=60,
        paused_until=None,
        pause_note="n",
        dst_gap="shift",
        dst_overlap="both",
        jitter_seconds=600,
    )

    assert take_back(client, schedule, to).status_code == 200

    ignored = {"modified", "modified_by_id"}
    assert {k: v for k, v in stored(schedule).items() if k not in ignored} == {
        k: v for k, v in before.items() if k not in ignored
    }


def test_a_rollback_is_in_the_stream_and_can_be_taken_back(client: APIClient) -> None:
    schedule = make_schedule(DAILY)
    take_back(client, schedule, change(client, schedule, rrule=WEEKLY))

    entry = client.get(path_of(schedule, "activity_stream"), {"order_by": "-id"}).json()["results"][0]
    again = take_back(client, schedule, entry["id"])

    assert (entry["operation"], entry["changes"]) == ("update", {"rrule": [WEEKLY, DAILY]})
    assert (again.status_code, again.json()["rrule"]) == (200, WEEKLY)


@time_machine.travel(MIDNIGHT, tick=False)
def test_a_look_says_what_would_be_and_changes_nothing(client: APIClient) -> None:
    schedule = make_schedule(DAILY, description="before")
    first = change(client, schedule, description="after", rrule=HOURLY)
    last = change(client, schedule, rrule=WEEKLY)
    before, entries = stored(schedule), ActivityStream.objects.count()

    of_last, of_first = look(client, schedule), look(client, schedule, to=first)

    assert of_last.json() == {
        "to": last,
        "changes": {"rrule": [WEEKLY, HOURLY]},
        "refused": {},
        "left": {},
        "local": [f"2030-01-01T{hour:02}:00:00Z" for hour in range(1, 11)],
        "utc": [f"2030-01-01T{hour:02}:00:00Z" for hour in range(1, 11)],
    }
    assert of_first.json()["changes"] == {"description": ["after", "before"], "rrule": [WEEKLY, DAILY]}
    assert of_first.json()["utc"] == [f"2030-01-{day:02}T12:00:00Z" for day in range(1, 11)]
    assert (stored(schedule), ActivityStream.objects.count()) == (before, entries)


def test_a_look_at_a_schedule_without_changes_finds_none(client: APIClient) -> None:
    shown = look(client, make_schedule()).json()

    assert (shown["to"], shown["changes"], shown["refused"], len(shown["utc"])) == (None, {}, {}, 10)


def test_what_was_put_right_by_hand_differs_no_more(client: APIClient) -> None:
    schedule = make_schedule(DAILY)
    to = change(client, schedule, rrule=WEEKLY)
    entries = change(client, schedule, rrule=DAILY)

    answer = take_back(client, schedule, to)

    assert (answer.status_code, answer.json()["rrule"]) == (200, DAILY)
    assert ActivityStream.objects.latest("pk").pk == entries


@time_machine.travel(MIDNIGHT + timedelta(seconds=2), tick=False)
def test_what_came_due_before_is_launched_first_and_stays(client: APIClient) -> None:
    schedule = make_schedule(DAILY, now=MIDNIGHT - HOUR)
    with time_machine.travel(MIDNIGHT - HOUR, tick=False):
        to = change(client, schedule, rrule=HOURLY)

    assert take_back(client, schedule, to).status_code == 200

    assert Occurrence.objects.get().scheduled_for == UnifiedJob.objects.get().scheduled_for == MIDNIGHT
    assert stored(schedule)["next_run"] == MIDNIGHT + 12 * HOUR


@time_machine.travel(MIDNIGHT - timedelta(seconds=10), tick=False)
def test_the_wake_up_is_planned_anew(
    client: APIClient, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    schedule = make_schedule(HOURLY, now=MIDNIGHT - HOUR)
    to = change(client, schedule, rrule=DAILY)
    announcing._Silence.until = 0.0
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()

        with django_capture_on_commit_callbacks(execute=True):
            take_back(client, schedule, to)
            assert planned(broker) == []

        assert planned(broker) == [MIDNIGHT]
        broker.flushdb()


def test_a_secret_is_not_taken_back_and_nothing_is_saved(client: APIClient) -> None:
    template = make_template(survey_enabled=True, survey_spec=PASSWORD_SURVEY)
    made = client.post(
        "/api/v2/schedules/",
        {
            "name": "s",
            "rrule": DAILY,
            "unified_job_template": template.pk,
            "extra_data": {"pw": "old-secret"},
        },
        format="json",
    )
    schedule = Schedule.objects.get(pk=made.json()["id"])
    to = change(client, schedule, extra_data={"pw": "new-secret"}, rrule=WEEKLY)
    before = stored(schedule)

    looked, answer = look(client, schedule), take_back(client, schedule, to)

    assert (answer.status_code, answer.json()) == (400, MASKED)
    assert (looked.json()["refused"], looked.json()["changes"]) == (MASKED, {"rrule": [WEEKLY, DAILY]})
    assert stored(schedule) == before
    assert "secret" not in json.dumps(looked.json() | {"refused": {}})


def test_a_secret_that_there_was_not_yet_is_taken_back(client: APIClient) -> None:
    template = make_template(survey_enabled=True, survey_spec=PASSWORD_SURVEY)
    schedule = make_schedule(template=template)
    to = change(client, schedule, extra_data={"pw": "new-secret"})

    looked, answer = look(client, schedule), take_back(client, schedule, to)

    assert looked.json()["changes"] == {"extra_data": [{"pw": "$encrypted$"}, {}]}
    assert (answer.status_code, stored(schedule)["extra_data"]) == (200, {})
    assert stored(schedule)["secret_variables"] == []


def test_a_rule_that_is_refused_now_is_refused(client: APIClient, settings: Settings) -> None:
    settings.AWX_CONTRACT = "server"
    schedule = make_schedule(
        "DTSTART:20300101T120000Z RRULE:FREQ=YEARLY;INTERVAL=1;BYYEARDAY=5", name="before"
    )
    to = change(client, schedule, rrule=DAILY, name="after")
    before = stored(schedule)
    settings.AWX_CONTRACT = "documented"
    refusal = {"rrule": ["BYYEARDAY not supported."]}

    looked, answer = look(client, schedule).json(), take_back(client, schedule, to)

    assert (answer.status_code, answer.json()) == (400, refusal)
    assert (looked["refused"], looked["local"], looked["utc"]) == (refusal, [], [])
    assert stored(schedule) == before


def test_what_was_deleted_meanwhile_is_refused(client: APIClient) -> None:
    inventory = make_inventory()
    schedule = make_schedule(template=make_template(ask_inventory_on_launch=True), inventory=inventory)
    to = change(client, schedule, inventory=make_inventory().pk, description="after")
    number = inventory.pk
    inventory.delete()

    answer = take_back(client, schedule, to)

    refusal = {"inventory": [f'Invalid pk "{number}" - object does not exist.']}
    assert (answer.status_code, answer.json()) == (400, refusal)
    assert look(client, schedule).json()["refused"] == refusal
    assert stored(schedule)["description"] == "after"


def test_a_name_that_is_taken_meanwhile_is_refused(client: APIClient) -> None:
    template = make_template()
    schedule = make_schedule(name="before", template=template)
    to = change(client, schedule, name="after")
    make_schedule(name="before", template=template)

    answer = take_back(client, schedule, to)

    assert answer.status_code == 400
    assert answer.json() == {"__all__": ["Schedule with this Unified job template and Name already exists."]}


def test_attached_objects_are_told_and_left(client: APIClient) -> None:
    template = make_template(ask_labels_on_launch=True)
    schedule = make_schedule(DAILY, template=template)
    labels = [Label.objects.create(name=name, organization=make_organization()) for name in "abc"]
    calendar = make_calendar()
    schedule.labels.add(labels[0])
    to = change(client, schedule, rrule=WEEKLY)
    for name, body in (
        ("labels", {"id": labels[0].pk, "disassociate": True}),
        ("labels", {"id": labels[1].pk}),
        ("labels", {"id": labels[2].pk}),
        ("labels", {"id": labels[2].pk, "disassociate": True}),
        ("calendars", {"id": calendar.pk}),
    ):
        assert client.post(path_of(schedule, name), body, format="json").status_code == 204

    left = look(client, schedule, to=to).json()["left"]
    answer = take_back(client, schedule, to)

    assert left == {
        "labels": [f"label {labels[0].pk} was detached", f"label {labels[1].pk} was attached"],
        "calendars": [f"calendar {calendar.pk} was attached"],
    }
    assert (answer.status_code, answer.json()["rrule"]) == (200, DAILY)
    assert (schedule.labels.get(), schedule.calendars.get()) == (labels[1], calendar)


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("x", "A valid integer is required."),
        (2**70, "Ensure this value is less than or equal to 9223372036854775807."),
        ("9" * 2000, "String value too large."),
        (0, "Ensure this value is greater than or equal to 1."),
        (1.5, "A valid integer is required."),
    ],
)
def test_an_odd_number_is_refused(client: APIClient, to: Any, error: str) -> None:
    schedule = make_schedule()

    answers = (look(client, schedule, to=to), take_back(client, schedule, to))

    assert [(each.status_code, each.json()) for each in answers] == [(400, {"to": [error]})] * 2


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("Infinity", "A valid integer is required."),
        ("[1]", "A valid integer is required."),
        ('{"a": 1}', "A valid integer is required."),
        ("true", "A valid integer is required."),
        ('""', "A valid integer is required."),
        ('"1\\u0000"', "Null characters are not allowed."),
        ("null", "This field may not be null."),
    ],
)
def test_what_is_no_number_is_refused(client: APIClient, to: str, error: str) -> None:
    path = path_of(make_schedule(), "rollback")

    answer = client.post(path, f'{{"to": {to}}}', content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"to": [error]})


def test_a_post_says_which_change(client: APIClient) -> None:
    path = path_of(make_schedule(), "rollback")

    assert client.post(path, {}, format="json").json() == {"to": ["This field is required."]}


def test_entries_that_are_no_update_of_the_schedule_are_refused(client: APIClient) -> None:
    template = make_template()
    made = client.post(
        "/api/v2/schedules/",
        {"name": "s", "rrule": DAILY, "unified_job_template": template.pk},
        format="json",
    )
    schedule = Schedule.objects.get(pk=made.json()["id"])
    created = ActivityStream.objects.latest("pk").pk
    of_another = change(client, make_schedule(), description="other")
    client.post(path_of(schedule, "calendars"), {"id": make_calendar().pk}, format="json")
    attached = ActivityStream.objects.latest("pk").pk
    # A template that has the schedule's number.
    of_another_kind = ActivityStream.objects.create(
        operation="update", object1="job_template", object1_pk=schedule.pk, changes={"name": ["a", "b"]}
    ).pk
    mine = change(client, schedule, name="t")
    before = stored(schedule)

    for to in (created, of_another, attached, of_another_kind, mine + 1):
        answers = (look(client, schedule, to=to), take_back(client, schedule, to))
        assert [(each.status_code, each.json()) for each in answers] == [(400, NO_UPDATE)] * 2

    assert stored(schedule) == before


def test_who_may_change_a_schedule_may_take_changes_back() -> None:
    template = make_template()
    admin, author = holder(template, ADMIN), holder(template, EXECUTE)
    schedule = make_schedule(DAILY, template=template, created_by=author)

    for user in (admin, author):
        answer = take_back(client_of(user), schedule, change(client_of(admin), schedule, rrule=WEEKLY))

        assert (answer.status_code, answer.json()["rrule"]) == (200, DAILY)
        assert stored(schedule)["modified_by_id"] == user.pk


def test_who_may_only_see_a_schedule_may_look() -> None:
    template = make_template()
    schedule = make_schedule(DAILY, template=template)
    to = change(client_of(make_superuser()), schedule, rrule=WEEKLY)

    for user in (holder(template, READ), holder(template, EXECUTE)):
        assert look(client_of(user), schedule).json()["changes"] == {"rrule": [WEEKLY, DAILY]}
        assert take_back(client_of(user), schedule, to).status_code == 403

    assert stored(schedule)["rrule"] == WEEKLY


def test_strangers_may_not_look_and_what_is_not_there_is_not_found(client: APIClient) -> None:
    schedule = make_schedule()
    stranger, absent = client_of(make_user()), Schedule(pk=schedule.pk + 1)

    assert [look(stranger, schedule).status_code, take_back(stranger, schedule, 1).status_code] == [403, 403]
    assert [look(client, absent).status_code, take_back(client, absent, 1).status_code] == [404, 404]


def test_an_inventory_that_the_asker_may_not_use_does_not_come_back() -> None:
    template = make_template(ask_inventory_on_launch=True)
    old, new = make_inventory(), make_inventory()
    schedule = make_schedule(template=template, inventory=old)
    to = change(client_of(make_superuser()), schedule, inventory=new.pk)
    admin = holder(template, ADMIN)

    refused = take_back(client_of(admin), schedule, to)
    give(old, USE, admin)
    taken = take_back(client_of(User.objects.get(pk=admin.pk)), schedule, to)

    assert (refused.status_code, taken.status_code, stored(schedule)["inventory_id"]) == (403, 200, old.pk)


@pytest.mark.django_db(transaction=True)
def test_an_edit_at_the_same_time_is_taken_back_as_a_whole(client: APIClient) -> None:
    schedule = make_schedule(DAILY, description="before")
    to = change(client, schedule, rrule=WEEKLY)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            change(client, schedule, description="after")
            taken = threads.submit(in_thread, lambda: take_back(client, schedule, to).status_code)
            eventually(somebody_waits_for_a_lock)
        assert taken.result() == 200

    schedule.refresh_from_db()
    assert (schedule.rrule, schedule.description) == (DAILY, "before")


def test_the_form_takes_back_what_the_page_shows() -> None:
    root = make_superuser()
    browser = Client()
    browser.force_login(root)
    schedule = make_schedule(DAILY)
    path = path_of(schedule, "rollback")

    def in_the_form(**query: Any) -> list[str]:
        page = browser.get(path, query, headers=HTML).content.decode()
        found = re.search(r'<input name="to"[^>]*>', page)
        assert found is not None
        return re.findall(r'value="(\d*)"', found[0])

    unchanged = in_the_form()
    first = change(client_of(root), schedule, rrule=WEEKLY)
    last = change(client_of(root), schedule, rrule=HOURLY)

    assert unchanged == [""]
    assert (in_the_form(), in_the_form(to=first)) == ([str(last)], [str(first)])
    assert in_the_form(to=last + 1) == [""]


def test_what_users_do_not_write_is_refused() -> None:
    found = rollback([("update", {"retired": [1, 2], "name": ["a", "b"]})], {"id": 7, "name": "b"})

    assert (found.refused, found.body) == ({"retired": [UNWRITTEN]}, {"name": "a"})


def test_the_page_takes_a_change_back_by_its_form() -> None:
    root = make_superuser()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)
    schedule = make_schedule(DAILY)
    to = change(client_of(root), schedule, rrule=WEEKLY)
    path = path_of(schedule, "rollback")

    page = browser.get(path, headers=HTML)
    refused = send(browser, path, {"to": ""})
    taken = send(browser, path, {"to": str(to)})

    assert page.status_code == 200
    assert '<input name="to"' in page.content.decode()
    assert (refused.status_code, taken.status_code) == (400, 200)
    assert stored(schedule)["rrule"] == DAILY
