"""Pages of the activity stream, beside the rule that asks of each entry by itself whether somebody may read it."""

import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from access.activity import ActivityStream
from access.api import activity, readable_entries
from access.models import User
from access.rules import accessible, may_read
from api import pagination
from schedules.models import Schedule
from tests.access.test_who_reads_what import make_world
from tests.factories.access import client_of, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db

STREAM = "/api/v2/activity_stream/"
QUERIES = (
    "",
    "order_by=-timestamp",
    "object1=schedule&search=odd",
    "schedule__name__icontains=s",
    "operation=create&order_by=-id",
    "or__object1=job&or__object2=user",
)


def make_entries(chance: random.Random) -> None:
    """Of schedules, some of which there never were, in an order by chance."""
    schedules = [*Schedule.objects.values_list("pk", flat=True), 10**9]
    for number in range(40):
        ActivityStream.objects.create(
            operation=chance.choice(("create", "update")),
            object1="schedule",
            object1_pk=chance.choice(schedules),
            object2=chance.choice(("", "user")),
            object2_pk=User.objects.all()[0].pk,
            changes={"name": "odd" if number % 2 else "even"},
        )


def everything(user: User, query: str) -> list[int]:
    client, path = client_of(user), f"{STREAM}?{query}&page_size=40"
    found = []
    while path:
        answer: Any = client.get(path).json()
        found += [entry["id"] for entry in answer["results"]]
        path = answer["next"]
    return found


@pytest.mark.parametrize(
    ("counted", "first"),
    [
        pytest.param(10_000, (1_000,), id="few are found by their objects"),
        pytest.param(2, (1_000,), id="many are read in their order"),
        pytest.param(2, (0,), id="many of which the first are hidden"),
    ],
)
def test_pages_have_what_each_may_read_in_the_order_asked_for(
    monkeypatch: pytest.MonkeyPatch, counted: int, first: tuple[int, ...]
) -> None:
    assert get_resolver().url_patterns
    chance = random.Random(20300103)
    askers = make_world(chance)
    make_entries(chance)
    boss = User.objects.get(is_superuser=True)
    for module in (pagination, readable_entries):
        monkeypatch.setattr(module, "COUNTED", counted)
    monkeypatch.setattr(activity, "FEW", counted)
    monkeypatch.setattr(readable_entries, "FIRST", first)
    rows = ActivityStream.objects.in_bulk()
    found = 0

    for user in askers[::10]:
        readable = {pk for pk, row in rows.items() if may_read(user, row)}
        for query in QUERIES:
            expected = [pk for pk in everything(boss, query) if pk in readable]
            assert (user.pk, query, everything(user, query)) == (user.pk, query, expected)
            found += len(expected)

    assert found > 50


def test_entry_of_an_object_that_is_gone_or_moved_is_read_by_who_reads_the_object_now() -> None:
    user, mine, other = make_user(), make_job_template(), make_job_template()
    give(mine, "read_role", user)
    schedule = make_schedule(template=mine)
    entry = ActivityStream.objects.create(operation="update", object1="schedule", object1_pk=schedule.pk)

    def reads() -> list[list[int]]:
        listed = everything(user, "")
        assert list(accessible(ActivityStream.objects.all(), user).values_list("pk", flat=True)) == listed
        return [listed]

    assert reads() == [[entry.pk]]
    Schedule.objects.filter(pk=schedule.pk).update(unified_job_template=other.pk)
    assert reads() == [[]]
    Schedule.objects.filter(pk=schedule.pk).update(unified_job_template=mine.pk)
    assert reads() == [[entry.pk]]
    schedule.delete()
    assert reads() == [[]]


def test_statements_do_not_grow_with_entries() -> None:
    user, template = make_user(), make_job_template()
    give(template, "read_role", user)

    def statements() -> int:
        schedule = make_schedule(template=template)
        ActivityStream.objects.create(operation="update", object1="schedule", object1_pk=schedule.pk)
        with CaptureQueriesContext(connection) as captured:
            assert client_of(user).get(STREAM).status_code == 200
        return len(captured)

    first = statements()
    statements()

    assert statements() == first == 8


def test_types_without_entries_are_not_asked_about() -> None:
    user = make_user()
    ActivityStream.objects.create(operation="update", object1="user", object1_pk=user.pk)

    with CaptureQueriesContext(connection) as captured:
        assert client_of(user).get(STREAM).json()["count"] == 1

    assert not [query for query in captured if "schedules_schedule" in query["sql"]]
