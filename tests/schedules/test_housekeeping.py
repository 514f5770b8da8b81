from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import SystemJobTemplate, UnifiedJob
from jobs.statuses import Status
from schedules.housekeeping import ensure_housekeeping, sweep_occurrences
from schedules.models import Occurrence, Schedule
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


def test_entries_of_the_ledger_go_when_their_runs_may() -> None:
    schedule = make_schedule()
    going, late = make_job(status=Status.RUNNING), make_job(finished=NOW + timedelta(days=2))
    for hour, job in enumerate((None, make_job(), None, going, late)):
        Occurrence.objects.create(
            schedule=schedule, scheduled_for=NOW + timedelta(hours=hour), outcome="launched", job=job
        )
    Occurrence.objects.filter(scheduled_for=NOW + timedelta(hours=2)).update(recorded=NOW + timedelta(days=1))

    assert sweep_occurrences(NOW + timedelta(days=1), 10) == {"occurrences": 2}
    assert Occurrence.objects.count() == 3
