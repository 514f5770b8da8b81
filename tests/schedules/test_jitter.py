from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection

from jobs.models import UnifiedJob
from schedules.editing import change_schedule, create_schedule
from schedules.jitter import slot
from schedules.models import Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.schedules import make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DAILY = "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"
NOON = "DTSTART:20300101T120000Z RRULE:FREQ=DAILY;INTERVAL=1"
IDENTITY = UUID(int=7)
LATE, SOONER = timedelta(seconds=slot(IDENTITY, 600)), timedelta(seconds=slot(IDENTITY, 60))


def jittered(rrule: str = DAILY, *, now: datetime = MIDNIGHT - DAY, **values: Any) -> Schedule:
    for name, value in (("identity", IDENTITY), ("jitter_seconds", 600)):
        values.setdefault(name, value)
    return make_schedule(rrule, now=now, **values)


def test_slot_is_stable_within_the_window_and_grows_with_it() -> None:
    slots = [slot(IDENTITY, window) for window in (0, 1, 60, 600, 86_400)]

    assert slots[:2] == [0, 0]
    assert 0 < slots[2] < 60
    assert slots[3] in range(10 * slots[2], 10 * slots[2] + 10)
    assert slots[4] in range(144 * slots[3], 144 * slots[3] + 144)


def test_slots_of_many_schedules_are_spread_evenly() -> None:
    in_minute = Counter(slot(UUID(int=number), 600) // 60 for number in range(10_000))

    # chi-square with 9 degrees of freedom: above 27.9 once in a thousand times
    assert sum((in_minute[minute] - 1_000) ** 2 / 1_000 for minute in range(10)) < 27.9


@pytest.mark.django_db
def test_a_thousand_schedules_of_midnight_are_launched_evenly_over_their_window() -> None:
    template = make_template()
    identities = [UUID(int=number) for number in range(1_000)]
    schedules = [
        Schedule(
            name=str(identity),
            unified_job_template=template.template,
            rrule=DAILY,
            identity=identity,
            jitter_seconds=600,
            next_run=MIDNIGHT + timedelta(seconds=slot(identity, 600)),
        )
        for identity in identities
    ]
    Schedule.objects.bulk_create(schedules)

    launched = [launch_due(MIDNIGHT + timedelta(minutes=minute)).launched for minute in range(11)]

    assert sum(launched) == 1_000
    assert max(launched) < 140
    assert set(UnifiedJob.objects.values_list("scheduled_for", flat=True)) == {MIDNIGHT}
    following = dict(Schedule.objects.values_list("identity", "next_run"))
    assert following == {each.identity: each.next_run + DAY for each in schedules if each.next_run}


@pytest.mark.django_db
def test_a_launch_in_its_slot_is_on_record_under_its_time() -> None:
    schedule = jittered()

    assert schedule.next_run == MIDNIGHT + LATE
    assert launch_due(MIDNIGHT + LATE - SECOND).launched == 0
    assert launch_due(MIDNIGHT + LATE).launched == 1
    assert UnifiedJob.objects.get().due_at == MIDNIGHT + LATE
    assert Occurrence.objects.get().scheduled_for == UnifiedJob.objects.get().scheduled_for == MIDNIGHT
    schedule.refresh_from_db()
    assert (schedule.next_run, schedule.next_occurrence) == (MIDNIGHT + DAY + LATE, MIDNIGHT + DAY)


@pytest.mark.django_db
def test_a_schedule_made_after_its_time_does_not_launch_for_it() -> None:
    schedule = jittered(now=MIDNIGHT + SECOND)

    assert schedule.next_occurrence == MIDNIGHT + DAY


@pytest.mark.django_db
@time_machine.travel(MIDNIGHT - SECOND, tick=False)
def test_each_schedule_has_an_identity_of_its_own_that_edits_do_not_change() -> None:
    template = make_template().template
    schedules = [create_schedule(name=name, rrule=DAILY, unified_job_template=template) for name in "ab"]

    changed = change_schedule(schedules[0], rrule=NOON, name="c", jitter_seconds=9)

    assert changed.identity == schedules[0].identity != schedules[1].identity


@pytest.mark.django_db
def test_rows_that_the_database_makes_have_identities_too() -> None:
    """Those of the migration, too: it is the same default."""
    first, second = make_schedule(), make_schedule()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE schedules_schedule SET identity = DEFAULT")

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.identity != second.identity


EDITS = [
    # what changes while midnight waits for its slot, and which occurrence is launched next, when
    ({"description": "x"}, MIDNIGHT, LATE),
    ({"jitter_seconds": 60}, MIDNIGHT, SOONER),
    ({"jitter_seconds": 0}, MIDNIGHT, timedelta()),
    ({"jitter_seconds": 1200}, MIDNIGHT, timedelta(seconds=slot(IDENTITY, 1200))),
    ({"dst_gap": "shift", "dst_overlap": "both"}, MIDNIGHT, LATE),
    ({"rrule": f"{DAILY};COUNT=3"}, MIDNIGHT, LATE),
    ({"rrule": NOON}, MIDNIGHT + DAY / 2, LATE),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "occurrence", "slot_then"), EDITS)
def test_an_edit_does_not_lose_the_occurrence_that_waits_for_its_slot(
    values: dict[str, object], occurrence: datetime, slot_then: timedelta
) -> None:
    schedule = jittered()

    with time_machine.travel(MIDNIGHT + SECOND, tick=False):
        changed = change_schedule(schedule, **values)

    assert (changed.next_occurrence, changed.next_run) == (occurrence, occurrence + slot_then)
    launch_due(MIDNIGHT + timedelta(minutes=20))
    assert Occurrence.objects.count() == (occurrence == MIDNIGHT)


@pytest.mark.django_db
def test_switching_off_in_time_stops_the_launch_for_good() -> None:
    schedule = jittered()

    with time_machine.travel(MIDNIGHT + SECOND, tick=False):
        change_schedule(schedule, enabled=False)
        changed = change_schedule(schedule, enabled=True)

    assert changed.next_occurrence == MIDNIGHT + DAY


@pytest.mark.django_db
def test_a_longer_window_does_not_launch_an_occurrence_again() -> None:
    schedule = jittered(jitter_seconds=0)
    launch_due(MIDNIGHT)

    with time_machine.travel(MIDNIGHT + SECOND, tick=False):
        changed = change_schedule(schedule, jitter_seconds=600)

    assert changed.next_run == MIDNIGHT + DAY + LATE


@pytest.mark.django_db
def test_after_an_outage_one_launch_stands_for_all_slots_missed() -> None:
    schedule = jittered()

    launch_due(MIDNIGHT + 2 * DAY + SECOND)

    schedule.refresh_from_db()
    assert list(Occurrence.objects.values_list("scheduled_for", "outcome")) == [
        (MIDNIGHT, "coalesced"),
        (MIDNIGHT + DAY, "launched"),
    ]
    assert schedule.next_run == MIDNIGHT + 2 * DAY + LATE


@pytest.mark.django_db
def test_quarantine_is_on_record_under_the_time_of_the_occurrence() -> None:
    schedule = jittered()
    Schedule.objects.filter(pk=schedule.pk).update(rrule="nonsense")

    launch_due(MIDNIGHT + LATE)

    assert Occurrence.objects.get().scheduled_for == MIDNIGHT


@pytest.mark.django_db
def test_the_end_of_the_calendar_is_no_error() -> None:
    last = "DTSTART:99991231T235959Z RRULE:FREQ=DAILY;INTERVAL=1"

    schedule = jittered(last, jitter_seconds=86_400)

    assert schedule.next_run == datetime.max.replace(tzinfo=UTC)
