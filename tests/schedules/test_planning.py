import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from access.runtime_settings import reset, write
from jobs import announcing
from schedules.editing import create_schedule
from schedules.models import Schedule
from schedules.planning import AFTER_THE_SECOND, plan_wakeups, upcoming_instants
from schedules.recurrence import InvalidRule
from schedules.tasks import poll_schedules
from tests.factories.schedules import HOURLY, make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    announcing._Silence.until = 0.0
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def planned(broker: redis.Redis) -> list[datetime]:
    """The instants of the delayed polls that lie in the broker."""
    headers = [json.loads(message)["headers"] for message in broker.lrange("celery", 0, -1)]
    polls = [header for header in headers if header["task"] == "schedules.tasks.poll_schedules"]
    return sorted(datetime.fromisoformat(header["eta"]) - AFTER_THE_SECOND for header in polls)


def test_plan_wakeups_asks_for_one_poll_a_second_until_the_next_beat(broker: redis.Redis) -> None:
    soon, later, too_late = MIDNIGHT + SECOND, MIDNIGHT + 30 * SECOND, MIDNIGHT + 36 * SECOND

    plan_wakeups([later, soon, soon, too_late, MIDNIGHT], now=MIDNIGHT)

    assert planned(broker) == [soon, later]


@pytest.mark.django_db
@time_machine.travel(MIDNIGHT - 10 * SECOND, tick=False)
def test_create_schedule_plans_its_first_wakeup_once_it_is_committed(
    broker: redis.Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        create_schedule(name="s", rrule=HOURLY, unified_job_template=make_template().template)
        assert planned(broker) == []

    assert planned(broker) == [MIDNIGHT]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "resume", [lambda: write("SYSTEM_PAUSED", value=False), lambda: reset(["SYSTEM_PAUSED"])]
)
@time_machine.travel(MIDNIGHT, tick=False)
def test_end_of_a_pause_of_the_system_is_followed_by_a_poll(
    broker: redis.Redis,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    resume: Callable[[], None],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        write("SYSTEM_PAUSED", value=True)
        write("AUTH_BASIC_ENABLED", value=False)
    assert planned(broker) == []

    with django_capture_on_commit_callbacks(execute=True):
        resume()

    assert planned(broker) == [MIDNIGHT]


@pytest.mark.django_db
def test_create_schedule_with_a_bad_rule_saves_nothing() -> None:
    template = make_template().template

    with pytest.raises(InvalidRule):
        create_schedule(name="s", rrule="x", unified_job_template=template)

    assert Schedule.objects.count() == 0


@pytest.mark.django_db
def test_upcoming_instants_are_those_of_armed_schedules_before_the_next_beat() -> None:
    for minute in (0, 0, 1):
        make_schedule(f"DTSTART:20300101T000{minute}00Z RRULE:FREQ=DAILY;INTERVAL=1", now=MIDNIGHT - HOUR)
    make_schedule(now=MIDNIGHT - HOUR, enabled=False)

    assert upcoming_instants(MIDNIGHT - 5 * SECOND) == [MIDNIGHT]


@pytest.mark.django_db
def test_poll_schedules_of_a_beat_launches_and_plans_what_is_next(broker: redis.Redis) -> None:
    every_twenty_seconds = "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1;BYSECOND=0,20,40"
    make_schedule(every_twenty_seconds, now=MIDNIGHT - HOUR)

    with time_machine.travel(MIDNIGHT + 5 * SECOND, tick=False):
        assert poll_schedules() == 1

    assert planned(broker) == [MIDNIGHT + 20 * SECOND]


@pytest.mark.django_db
def test_poll_schedules_of_a_wakeup_plans_only_for_what_it_launched(broker: redis.Redis) -> None:
    make_schedule(
        "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1;BYSECOND=0,20", now=MIDNIGHT - HOUR
    )
    make_schedule("DTSTART:20300101T000010Z RRULE:FREQ=MINUTELY;INTERVAL=1", now=MIDNIGHT - HOUR)

    with time_machine.travel(MIDNIGHT, tick=False):
        assert poll_schedules(wakeup=True) == 1

    assert planned(broker) == [MIDNIGHT + 20 * SECOND]


@pytest.mark.django_db(transaction=True)
def test_poll_that_finds_what_is_due_locked_looks_for_it_again_a_second_later(broker: redis.Redis) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)

    with ThreadPoolExecutor(1) as threads, time_machine.travel(MIDNIGHT, tick=False):
        with transaction.atomic():
            # As a change of it does.
            Schedule.objects.select_for_update().get(pk=schedule.pk)
            assert threads.submit(poll_by_another_connection).result() == 0
        assert planned(broker) == [MIDNIGHT + SECOND]
        broker.flushdb()

        assert poll_schedules(wakeup=True) == 1

    assert planned(broker) == []


def poll_by_another_connection() -> int:
    try:
        return poll_schedules(wakeup=True)
    finally:
        connection.close()


@pytest.mark.django_db
def test_poll_of_a_paused_system_does_not_look_again_before_the_next_beat(broker: redis.Redis) -> None:
    make_schedule(now=MIDNIGHT - HOUR)
    write("SYSTEM_PAUSED", value=True)

    with time_machine.travel(MIDNIGHT, tick=False):
        assert poll_schedules(wakeup=True) == 0

    assert planned(broker) == []
