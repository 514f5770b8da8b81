from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from jobs.housekeeping import JobType, chore_of, sweep_batch
from jobs.models import SystemJobTemplate, UnifiedJob
from jobs.removal import delete_runs
from jobs.statuses import Status
from schedules.backfilling import Ran, plan
from schedules.housekeeping import ensure_housekeeping, sweep_occurrences
from schedules.models import Backfill, Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.jobs import make_job
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)  # a Wednesday


def test_housekeeping_has_awx_s_schedules() -> None:
    ensure_housekeeping(now=NOW)

    found = {schedule.name: (schedule.extra_data, schedule.next_run) for schedule in Schedule.objects.all()}
    assert found == {
        "Cleanup Job Schedule": ({"days": "120"}, datetime(2030, 1, 6, 12, tzinfo=UTC)),
        "Cleanup Activity Schedule": ({"days": "355"}, datetime(2030, 1, 8, 12, tzinfo=UTC)),
        "Cleanup Expired Sessions": ({}, datetime(2030, 1, 9, 12, tzinfo=UTC)),
        "Cleanup Expired OAuth 2 Tokens": ({}, datetime(2030, 1, 9, 12, tzinfo=UTC)),
    }


def test_schedule_that_was_deleted_stays_so() -> None:
    ensure_housekeeping(now=NOW)
    Schedule.objects.all().delete()

    ensure_housekeeping(now=NOW)

    assert SystemJobTemplate.objects.count() == 4
    assert not Schedule.objects.exists()


def test_poll_launches_what_is_due() -> None:
    ensure_housekeeping(now=NOW)

    launch_due(NOW + timedelta(days=5))

    run = UnifiedJob.objects.get()
    assert (run.kind, run.job_type, run.extra_vars) == ("system_job", "cleanup_jobs", {"days": "120"})
    assert run.launch_type == "scheduled"


def launched(number: int, *, recorded: datetime = NOW - timedelta(days=9)) -> Schedule:
    """A schedule with so many runs that have ended, each with its row of the ledger."""
    schedule = make_schedule()
    for hour in range(number):
        Occurrence.objects.create(
            schedule=schedule,
            scheduled_for=recorded + timedelta(hours=hour),
            outcome=Occurrence.Outcome.LAUNCHED,
            job=make_job(finished=recorded + timedelta(hours=hour)),
        )
    Occurrence.objects.update(recorded=recorded)
    return schedule


def runs_of_the_ledger() -> list[int | None]:
    return list(Occurrence.objects.order_by("job").values_list("job", flat=True))


def test_entries_of_the_ledger_without_a_run_go_when_they_are_old() -> None:
    schedule = make_schedule()
    going = make_job(status=Status.RUNNING)
    for hour, job in enumerate((None, None, going)):
        Occurrence.objects.create(
            schedule=schedule, scheduled_for=NOW + timedelta(hours=hour), outcome="launched", job=job
        )
    Occurrence.objects.update(recorded=NOW)
    Occurrence.objects.filter(scheduled_for=NOW).update(recorded=NOW - timedelta(days=9))

    with time_machine.travel(NOW, tick=False):
        assert sweep_occurrences(NOW - timedelta(days=1), 10) == {"occurrences": 1}

    assert runs_of_the_ledger() == [going.pk, None]


def test_clean_up_that_is_cut_off_leaves_each_run_its_entry() -> None:
    schedule = launched(5)
    chore = chore_of(JobType.CLEANUP_JOBS, {"days": 1}, now=NOW)

    left = []
    with time_machine.travel(NOW, tick=False):
        # As a system job does it, but of two at a time.
        for sweep in chore.sweeps:
            while sweep(chore.before, 2).total() >= 2:
                left.append(UnifiedJob.objects.count())
                assert runs_of_the_ledger() == list(UnifiedJob.objects.values_list("pk", flat=True))

    # The last two times texts of the runs went.
    assert left == [3, 1, 0, 0, 0]
    assert not schedule.occurrences.exists()


def test_batch_of_runs_that_is_cut_off_has_deleted_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    launched(2)
    chore = chore_of(JobType.CLEANUP_JOBS, {"days": 1}, now=NOW)

    def dying(ids: Sequence[int]) -> None:
        delete_runs(ids)
        raise SystemExit

    monkeypatch.setattr("jobs.housekeeping.delete_runs", dying)
    with time_machine.travel(NOW, tick=False):
        *before, runs, _texts = chore.sweeps
        for sweep in before:
            sweep_batch(sweep, chore.before)
        with pytest.raises(SystemExit):
            sweep_batch(runs, chore.before)

    assert runs_of_the_ledger() == list(UnifiedJob.objects.values_list("pk", flat=True))
    assert UnifiedJob.objects.count() == 2


def test_backfill_knows_what_ran_until_its_run_is_cleaned_up() -> None:
    schedule = launched(3)
    chore = chore_of(JobType.CLEANUP_JOBS, {"days": 1}, now=NOW)
    first = NOW - timedelta(days=9)
    Schedule.objects.filter(pk=schedule.pk).update(
        rrule=f"DTSTART:{first:%Y%m%dT%H%M%SZ} RRULE:FREQ=HOURLY;INTERVAL=1"
    )
    schedule.refresh_from_db()

    with time_machine.travel(NOW, tick=False):
        *before, runs, _texts = chore.sweeps
        for sweep in before:
            sweep(chore.before, 500)
        runs(chore.before, 2)

    backfill = Backfill(schedule=schedule, start=first, end=first + timedelta(hours=3))
    planned = plan(backfill, now=NOW)
    assert [each.ran for each in planned] == [Ran.NEVER, Ran.NEVER, Ran.SUCCESSFUL]


def test_entries_of_the_last_day_stay_whatever_the_days() -> None:
    """They keep a clock that is put back from launching again."""
    launched(1, recorded=NOW - timedelta(hours=5))
    chore = chore_of(JobType.CLEANUP_JOBS, {"days": 0}, now=NOW)

    with time_machine.travel(NOW, tick=False):
        for sweep in (*chore.sweeps, *chore.sweeps):
            sweep(chore.before, 10)

    assert not UnifiedJob.objects.exists()
    assert runs_of_the_ledger() == [None]
