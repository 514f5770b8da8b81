from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from pytest_django import Settings

from jobs.execution.admission import admit
from jobs.launching import insert_runs
from jobs.models import JobTemplate, UnifiedJob
from jobs.signals import run_finished
from jobs.statuses import LaunchType, Status
from schedules import backfilling, receivers
from schedules.backfilling import Ran, begin, cancel, plan, step_backfills
from schedules.exceptions import InvalidBackfill
from schedules.housekeeping import sweep_backfills
from schedules.models import Backfill, Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.jobs import make_job
from tests.factories.schedules import make_schedule, make_template
from tests.jobs.execution.conftest import eventually

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = MIDNIGHT + 12 * HOUR + timedelta(minutes=1)


@pytest.fixture
def _paused_system(settings: Settings) -> None:
    settings.SYSTEM_PAUSED = True


def hour(number: int) -> datetime:
    return MIDNIGHT + number * HOUR


def unsaved(schedule: Schedule, **values: Any) -> Backfill:
    return Backfill(schedule=schedule, **{"start": hour(0), "end": hour(4)} | values)


def begun(schedule: Schedule, **values: Any) -> Backfill:
    backfill = unsaved(schedule, **values)
    begin(backfill, plan(backfill, now=NOW), now=NOW)
    return backfill


def end_runs(status: Status = Status.SUCCESSFUL) -> None:
    UnifiedJob.objects.filter(status=Status.PENDING).update(status=status)


def launched_for() -> list[datetime | None]:
    return list(UnifiedJob.objects.order_by("id").values_list("scheduled_for", flat=True))


def test_plan_lists_the_occurrences_of_the_range_in_its_order() -> None:
    schedule = make_schedule(now=NOW)

    forward = plan(unsaved(schedule, start=hour(1)), now=NOW)
    backward = plan(unsaved(schedule, start=hour(1), order="backward"), now=NOW)

    assert [each.scheduled_for for each in forward] == [hour(1), hour(2), hour(3)]
    assert backward == forward[::-1]
    assert {(each.ran, each.is_launched) for each in forward} == {(Ran.NEVER, True)}


ALREADY_RUN = [
    # what became of it before, and whether it is launched with none, failed, all
    (Status.SUCCESSFUL, Ran.SUCCESSFUL, [False, False, True]),
    (Status.FAILED, Ran.FAILED, [False, True, True]),
    (Status.ERROR, Ran.FAILED, [False, True, True]),
    (Status.CANCELED, Ran.FAILED, [False, True, True]),
    (Status.PENDING, Ran.ACTIVE, [False, False, True]),
    # the run was tidied up
    (None, Ran.SUCCESSFUL, [False, False, True]),
]


@pytest.mark.parametrize(("status", "ran", "expected"), ALREADY_RUN)
def test_plan_leaves_out_what_ran_as_it_is_told(
    status: Status | None, ran: Ran, expected: list[bool]
) -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    launch_due(MIDNIGHT)
    runs = UnifiedJob.objects.all()
    if status:
        runs.update(status=status)
    else:
        runs.delete()
    schedule.refresh_from_db()

    planned = [
        plan(unsaved(schedule, end=hour(1), already_run=which), now=NOW)
        for which in Backfill.AlreadyRun.values
    ]

    assert [[each.is_launched for each in one] for one in planned] == [[each] for each in expected]
    assert {each.ran for one in planned for each in one} == {ran}


def test_plan_counts_what_an_earlier_backfill_launched_and_what_was_only_coalesced_not() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    launch_due(hour(2))
    end_runs(Status.FAILED)
    schedule.refresh_from_db()
    begun(schedule, end=hour(1))
    step_backfills(NOW)
    end_runs()

    planned = plan(unsaved(schedule, end=hour(3)), now=NOW)

    assert [each.ran for each in planned] == [Ran.SUCCESSFUL, Ran.NEVER, Ran.FAILED]


def test_plan_leaves_to_the_poller_what_it_will_launch() -> None:
    schedule = make_schedule(now=hour(2))

    planned = plan(unsaved(schedule), now=NOW)

    assert [each.scheduled_for for each in planned] == [hour(0), hour(1), hour(2)]


@pytest.mark.parametrize(
    "values",
    [{"end": NOW + HOUR}, {"end": hour(0)}, {"start": datetime(2020, 1, 1, tzinfo=UTC), "end": hour(12)}],
)
def test_plan_refuses_the_future_nothing_and_too_much(values: dict[str, datetime]) -> None:
    schedule = make_schedule("DTSTART:20290101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1", now=NOW)

    with pytest.raises(InvalidBackfill):
        plan(unsaved(schedule, **values), now=NOW)


def test_steps_launch_in_order_and_no_more_at_once_than_they_may() -> None:
    schedule = make_schedule(now=NOW)
    backfill = begun(schedule, order="backward", max_concurrency=3)

    assert (step_backfills(NOW), step_backfills(NOW)) == (3, 0)
    UnifiedJob.objects.filter(scheduled_for=hour(2)).update(status=Status.FAILED)
    assert step_backfills(NOW) == 1

    assert launched_for() == [hour(3), hour(2), hour(1), hour(0)]
    assert set(UnifiedJob.objects.values_list("launch_type", "due_at")) == {(LaunchType.MANUAL, None)}
    backfill.refresh_from_db()
    assert (backfill.status, backfill.launched, backfill.total) == ("running", 4, 4)
    end_runs()
    assert step_backfills(NOW) == 0
    backfill.refresh_from_db()
    assert (backfill.status, backfill.finished) == ("successful", NOW)
    assert Occurrence.objects.count() == 0


def test_a_step_that_is_cut_off_launches_nothing_and_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun(make_schedule(now=NOW), max_concurrency=4)

    def insert_and_die(made: Any) -> None:
        insert_runs(made)
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(backfilling, "insert_runs", insert_and_die)
        with pytest.raises(KeyboardInterrupt):
            step_backfills(NOW)
    assert launched_for() == []

    assert step_backfills(NOW) == 4
    assert launched_for() == [hour(0), hour(1), hour(2), hour(3)]


def test_a_run_that_is_tidied_up_is_not_launched_again() -> None:
    backfill = begun(make_schedule(now=NOW), end=hour(1))
    step_backfills(NOW)
    UnifiedJob.objects.all().delete()

    assert step_backfills(NOW) == 0
    backfill.refresh_from_db()
    assert backfill.status == "successful"


def test_a_canceled_backfill_launches_no_more() -> None:
    backfill = begun(make_schedule(now=NOW))
    step_backfills(NOW)
    end_runs()

    assert cancel(backfill, now=NOW)
    assert not cancel(backfill, now=NOW)
    assert step_backfills(NOW) == 0
    assert launched_for() == [hour(0)]


def test_a_backfill_that_cannot_go_on_says_why_and_stops_no_other() -> None:
    bad, good = make_schedule(now=NOW), make_schedule(now=NOW)
    backfills = [begun(bad), begun(good)]
    Schedule.objects.filter(pk=bad.pk).update(dst_gap="jump", run_policy={"max_attempts": "many"})

    launched = step_backfills(NOW)

    backfills[0].refresh_from_db()
    assert launched == 1
    assert backfills[0].status == "error"
    assert backfills[0].explanation != ""


@pytest.mark.usefixtures("_paused_system")
def test_nothing_is_launched_while_the_system_is_paused() -> None:
    begun(make_schedule(now=NOW))

    assert step_backfills(NOW) == 0


def test_sweep_takes_those_that_have_ended() -> None:
    schedule = make_schedule(now=NOW)
    ended, running = begun(schedule), begun(schedule)
    cancel(ended, now=NOW)

    assert sweep_backfills(NOW + HOUR, 500) == {"backfills": 1}
    assert list(Backfill.objects.all()) == [running]


def in_thread(work: Callable[[], int]) -> int:
    try:
        return work()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_steppers_at_once_launch_each_place_once() -> None:
    backfill = begun(make_schedule(now=NOW), max_concurrency=3)

    with ThreadPoolExecutor(4) as threads:
        steps = [threads.submit(in_thread, lambda: step_backfills(NOW)) for _ in range(8)]
        launched = [step.result() for step in steps]

    assert sorted(launched, reverse=True) == [3, *[0] * 7]
    assert launched_for() == [hour(0), hour(1), hour(2)]
    backfill.refresh_from_db()
    assert backfill.launched == 3


@pytest.mark.django_db(transaction=True)
def test_run_that_ends_during_a_step_is_followed_by_the_step_that_its_hint_brings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backfill = begun(make_schedule(now=NOW))
    step_backfills(NOW)
    run = UnifiedJob.objects.get()
    hinted = Event()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            # A step that has seen the run going.
            list(Backfill.objects.select_for_update().filter(pk=backfill.pk))
            monkeypatch.setattr(receivers, "hint", hinted.set)
            run_finished.send(sender=None, job_ids=[run.pk])
            assert hinted.is_set()
            next_step = threads.submit(in_thread, lambda: step_backfills(NOW))
            eventually(somebody_waits_for_a_lock)
            UnifiedJob.objects.filter(pk=run.pk).update(status=Status.SUCCESSFUL)
        assert next_step.result() == 1

    assert launched_for() == [hour(0), hour(1)]


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Else it is as it was at the first look of the transaction.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_step_that_loses_the_database_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    backfill = begun(make_schedule(now=NOW), max_concurrency=2)

    def insert_and_lose_the_connection(made: Any) -> None:
        insert_runs(made)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as context:
        context.setattr(backfilling, "insert_runs", insert_and_lose_the_connection)
        with pytest.raises(OperationalError):
            step_backfills(NOW)
    connection.close()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.launched, launched_for()) == ("running", 0, [])
    assert step_backfills(NOW) == 2


OVERLAP = [
    # the template's policy, the schedule's own, and how many of three runs are admitted while another run goes
    ({}, {}, 0),
    ({"overlap_policy": "skip"}, {}, 0),
    ({"overlap_policy": "replace"}, {}, 0),
    ({"overlap_policy": "allow"}, {}, 3),
    ({"overlap_policy": "allow"}, {"overlap_policy": "skip"}, 0),
    ({"overlap_policy": "allow"}, {"overlap_policy": "queue", "overlap_limit": 1}, 0),
    ({"overlap_policy": "skip"}, {"overlap_policy": "allow"}, 3),
]


@pytest.mark.parametrize(("of_template", "of_schedule", "admitted"), OVERLAP)
def test_overlap_policy_skips_and_replaces_nothing_but_says_whether_runs_wait(
    of_template: dict[str, Any], of_schedule: dict[str, Any], admitted: int
) -> None:
    template: JobTemplate = make_template(**of_template)
    going = make_job(template, status=Status.RUNNING)
    begun(make_schedule(template=template, now=NOW, **of_schedule), max_concurrency=3)

    assert step_backfills(NOW) == 3
    assert admit() == admitted

    going.refresh_from_db()
    assert (going.status, going.cancel_requested) == (Status.RUNNING, False)


def test_a_backfill_that_has_nothing_to_launch_has_ended_and_says_why() -> None:
    backfill = begun(make_schedule(now=NOW), start=hour(0) + HOUR / 2, end=hour(1))

    assert step_backfills(NOW) == 0
    backfill.refresh_from_db()
    assert (backfill.status, backfill.finished, backfill.total) == ("successful", NOW, 0)
    assert backfill.explanation.startswith("There was nothing to launch")
