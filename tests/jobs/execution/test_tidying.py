import pytest

from jobs.execution import tidying
from jobs.models import UnifiedJob
from jobs.statuses import JobKind
from tests.factories.jobs import make_job
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished

pytestmark = pytest.mark.django_db(transaction=True)


def make_system_job(**extra_vars: object) -> UnifiedJob:
    return UnifiedJob.objects.create(
        kind=JobKind.SYSTEM_JOB, name="Cleanup", job_type="cleanup_jobs", extra_vars=extra_vars
    )


def test_engine_tidies_up_batch_after_batch(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.housekeeping.BATCH", 2)
    monkeypatch.setattr(tidying, "BATCH", 2)
    for _ in range(5):
        make_job(started="2020-01-01T00:00Z", finished="2020-01-01T00:01Z")
    run = make_system_job(days=30)

    start_engine()

    [done] = wait_until_finished(run)
    deleted = {"jobs": 5, "run_texts": 5}
    assert (done.status, done.artifacts["deleted"], done.artifacts["days"]) == ("successful", deleted, 30)
    assert UnifiedJob.objects.get() == done


def test_days_that_are_none_end_the_run(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    kept = make_job(started="2020-01-01T00:00Z", finished="2020-01-01T00:01Z")
    run = make_system_job(days="x")

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.job_explanation) == ("error", "days must be a positive integer.")
    assert UnifiedJob.objects.filter(pk=kept.pk).exists()
