from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from access.runtime_settings import write
from jobs.models import UnifiedJob
from schedules.editing import change_schedule, create_schedule
from schedules.models import Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.schedules import HOURLY, make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY_NOON = "DTSTART:20300101T120000Z RRULE:FREQ=DAILY;INTERVAL=1"

pytestmark = pytest.mark.django_db


@time_machine.travel(MIDNIGHT + timedelta(minutes=1), tick=False)
def test_create_schedule_computes_its_times() -> None:
    schedule = create_schedule(name="s", rrule=HOURLY, unified_job_template=make_template().template)

    assert (schedule.dtstart, schedule.dtend, schedule.next_run) == (MIDNIGHT, None, MIDNIGHT + HOUR)


@time_machine.travel(MIDNIGHT + timedelta(seconds=2), tick=False)
def test_change_schedule_of_the_rule_launches_first_what_came_due_before() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)

    changed = change_schedule(schedule, rrule=DAILY_NOON)

    assert Occurrence.objects.get().scheduled_for == UnifiedJob.objects.get().scheduled_for == MIDNIGHT
    assert changed.next_run == MIDNIGHT + 12 * HOUR


@time_machine.travel(MIDNIGHT + timedelta(seconds=2), tick=False)
def test_change_schedule_to_disabled_after_the_time_keeps_that_launch() -> None:
    changed = change_schedule(make_schedule(now=MIDNIGHT - HOUR), enabled=False)

    assert UnifiedJob.objects.count() == 1
    assert (changed.enabled, changed.next_run) == (False, None)


@time_machine.travel(MIDNIGHT - timedelta(seconds=1), tick=False)
def test_change_schedule_to_disabled_before_the_time_launches_nothing() -> None:
    change_schedule(make_schedule(now=MIDNIGHT - HOUR), enabled=False)

    assert launch_due(MIDNIGHT).launched == 0


@time_machine.travel(MIDNIGHT + timedelta(minutes=30), tick=False)
def test_change_schedule_of_the_description_leaves_next_run_alone() -> None:
    schedule = make_schedule(now=MIDNIGHT)

    changed = change_schedule(schedule, description="other")

    assert changed.next_run == MIDNIGHT + HOUR


@time_machine.travel(MIDNIGHT + timedelta(days=365, minutes=30), tick=False)
def test_change_schedule_to_enabled_after_a_year_starts_from_now() -> None:
    schedule = make_schedule(now=MIDNIGHT, enabled=False)

    changed = change_schedule(schedule, enabled=True)

    assert changed.next_run == MIDNIGHT + timedelta(days=365, hours=1)
    assert Occurrence.objects.count() == 0


@time_machine.travel(MIDNIGHT, tick=False)
def test_change_schedule_of_the_rule_ends_a_quarantine() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    Schedule.objects.update(next_run=None, quarantine_reason="its rule raised")

    changed = change_schedule(schedule, rrule=DAILY_NOON)

    assert (changed.next_run, changed.quarantine_reason) == (MIDNIGHT + 12 * HOUR, "")


@time_machine.travel(MIDNIGHT + timedelta(hours=2, seconds=2), tick=False)
def test_change_schedule_of_the_policy_decides_first_by_the_old_one() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)

    changed = change_schedule(schedule, missed_policy="skip")

    assert list(Occurrence.objects.values_list("outcome", flat=True)) == [
        "coalesced",
        "coalesced",
        "launched",
    ]
    assert (changed.missed_policy, changed.next_run) == ("skip", MIDNIGHT + 3 * HOUR)


@time_machine.travel(MIDNIGHT + timedelta(seconds=2), tick=False)
def test_change_schedule_to_paused_keeps_what_came_due_before_and_goes_on_by_itself() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)

    changed = change_schedule(schedule, paused_until=MIDNIGHT + 2 * HOUR)
    for hour in (1, 2):
        launch_due(MIDNIGHT + hour * HOUR)

    assert changed.next_run == MIDNIGHT + HOUR
    assert list(Occurrence.objects.values_list("outcome", flat=True)) == ["launched", "paused", "launched"]


@time_machine.travel(MIDNIGHT + timedelta(hours=1, seconds=2), tick=False)
def test_change_schedule_while_the_system_is_paused_launches_nothing() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    write("SYSTEM_PAUSED", value=True)

    described = change_schedule(schedule, description="other")
    retimed = change_schedule(schedule, rrule=DAILY_NOON)

    assert (described.next_run, retimed.next_run) == (MIDNIGHT, MIDNIGHT + 12 * HOUR)
    assert list(Occurrence.objects.values_list("scheduled_for", "outcome")) == [
        (MIDNIGHT, "paused"),
        (MIDNIGHT + HOUR, "paused"),
    ]
