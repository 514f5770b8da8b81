from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from jobs.execution.admission import admit
from jobs.execution.claiming import claim
from jobs.execution.reaping import reap
from jobs.models import UnifiedJob
from jobs.signals import run_finished
from jobs.statuses import Outcome, Status
from tests.factories.runs import make_run

pytestmark = pytest.mark.django_db
AT = datetime(2030, 1, 1, tzinfo=UTC)


def running(**values: Any) -> UnifiedJob:
    run = make_run(available_at=AT, **values)
    admit()
    [claimed] = claim("engine#1", node="engine", limit=1, lease_seconds=30, now=AT)
    assert claimed.id == run.pk
    return run


def test_run_with_a_lease_is_left() -> None:
    run = running()

    assert reap(AT + timedelta(seconds=30)) == 0
    run.refresh_from_db()
    assert run.status == Status.RUNNING


def test_expired_run_ends_as_lost() -> None:
    run = running()

    assert reap(AT + timedelta(seconds=31)) == 1
    run.refresh_from_db()
    assert (run.status, run.failure_reason, run.elapsed) == (Status.ERROR, Outcome.LOST, Decimal("31.000"))
    assert run.job_explanation.startswith("The worker that ran this job was lost")
    attempt = run.attempts.get()
    assert (attempt.outcome, attempt.finished, attempt.error) == (
        Outcome.LOST,
        run.finished,
        run.job_explanation,
    )


def test_expired_run_that_was_to_be_canceled_is_canceled() -> None:
    run = running(cancel_requested=True)

    reap(AT + timedelta(seconds=31))

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == (Status.CANCELED, Outcome.CANCELED)
    assert run.canceled_on == run.finished


def test_lease_is_by_the_database_clock_unless_told() -> None:
    run = make_run()
    admit()
    claim("engine#1", node="engine", limit=1, lease_seconds=-1)

    assert reap() == 1
    run.refresh_from_db()
    assert run.finished is not None
    assert abs(run.finished - timezone.now()) < timedelta(minutes=1)


def test_end_is_announced_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    run = running()
    heard: list[list[int]] = []

    def hear(job_ids: list[int], **_: object) -> None:
        heard.append(job_ids)

    run_finished.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        reap(AT + timedelta(seconds=31))
        assert heard == []
    run_finished.disconnect(hear)

    assert heard == [[run.pk]]


def test_statements_do_not_grow_with_the_runs(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(5):
        make_run(available_at=AT)
    with django_assert_num_queries(4):  # the gate, the admission, and a savepoint's two
        admit()
    with django_assert_num_queries(4):  # the services with limits, the claim, and a savepoint's two
        assert len(claim("engine#1", node="engine", limit=9, lease_seconds=30, now=AT)) == 5
    with django_assert_num_queries(5):  # two that look, one that settles, and a savepoint's two
        assert reap(AT + timedelta(seconds=31)) == 5
