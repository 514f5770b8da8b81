"""Attempts after the first: when they are made, what they carry, and what ends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.canceling import cancel
from jobs.execution.admission import admit
from jobs.execution.claiming import ClaimedRun, claim
from jobs.execution.reaping import reap
from jobs.execution.results import Result, record
from jobs.models import UnifiedJob
from jobs.record import events_of
from jobs.statuses import Outcome, Status
from tests.endpoint import Endpoint
from tests.factories.runs import make_job_template, make_run
from tests.jobs.execution.conftest import WITHIN, StartEngine, WaitUntilFinished, eventually

AT = datetime(2030, 1, 1, tzinfo=UTC)
AT_ONCE = {"max_attempts": 3, "retry_initial_interval": 0}


def claimed_once(now: datetime = AT) -> ClaimedRun:
    [claimed] = claim("engine#1", node="engine", limit=1, lease_seconds=30, now=now)
    return claimed


def failed(run: ClaimedRun, retry_in: float | None, outcome: Outcome = Outcome.HTTP_STATUS) -> Result:
    return Result(
        run.id,
        run.run_id,
        run.number,
        run.started,
        1.0,
        outcome,
        "The endpoint answered 503.",
        response_status=503,
        retry_in=retry_in,
    )


def begun(template: int | None = None, **policy: Any) -> tuple[UnifiedJob, ClaimedRun]:
    run = make_run(available_at=AT, policy=policy, unified_job_template_id=template)
    admit()
    return run, claimed_once()


@pytest.mark.django_db
def test_failed_attempt_puts_the_run_back_until_its_next() -> None:
    run, first = begun(max_attempts=3)

    assert record("engine#1", [failed(first, 30.0)]) == [run.pk]

    run.refresh_from_db()
    assert (run.status, run.failure_reason, run.finished, run.lease_owner) == (Status.WAITING, "", None, "")
    assert run.available_at == AT + timedelta(seconds=31)
    attempt = run.attempts.get()
    assert (attempt.outcome, attempt.next_attempt_at) == (Outcome.HTTP_STATUS, run.available_at)
    assert claim("engine#2", node="b", limit=1, lease_seconds=30, now=AT + timedelta(seconds=30)) == []
    second = claimed_once(AT + timedelta(seconds=31))
    assert (second.number, second.run_id, second.started) == (2, first.run_id, run.available_at)
    assert second.first_started == AT


@pytest.mark.django_db
def test_record_of_a_waiting_run_shows_its_attempts_and_only_grows() -> None:
    run, first = begun(max_attempts=3)
    record("engine#1", [failed(first, 30.0)])
    run.refresh_from_db()
    before = events_of(run, run.attempts.all())

    second = claimed_once(AT + timedelta(seconds=31))
    record("engine#1", [failed(second, None)])

    run.refresh_from_db()
    after = events_of(run, run.attempts.all())
    assert after[: len(before)] == before
    assert "Next attempt at 2030-01-01T00:00:31.000Z" in before[-1].stdout
    assert run.elapsed == 32
    assert (run.status, run.dead_letter) == (Status.FAILED, True)


@pytest.mark.django_db
def test_run_that_waits_for_its_next_attempt_can_be_canceled() -> None:
    run, first = begun(max_attempts=3)
    record("engine#1", [failed(first, 30.0)])

    assert cancel(run) is True

    run.refresh_from_db()
    assert (run.status, run.failure_reason, run.dead_letter) == (Status.CANCELED, Outcome.CANCELED, False)
    assert claim("engine#1", node="engine", limit=1, lease_seconds=30, now=AT + timedelta(hours=1)) == []


@pytest.mark.django_db
def test_run_that_is_canceled_while_it_fails_is_not_tried_again() -> None:
    run, first = begun(max_attempts=3)
    UnifiedJob.objects.update(cancel_requested=True)

    record("engine#1", [failed(first, 30.0)])

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == (Status.CANCELED, Outcome.CANCELED)
    assert run.attempts.get().next_attempt_at is None


@pytest.mark.django_db
def test_waiting_run_counts_as_going() -> None:
    template = make_job_template()
    _, first = begun(template.pk, max_attempts=3)
    next_run = make_run(available_at=AT, unified_job_template_id=template.pk)
    record("engine#1", [failed(first, 30.0)])

    assert admit() == 0
    next_run.refresh_from_db()
    assert next_run.status == Status.PENDING


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "values", "seconds", "ending"),
    [
        ({}, {}, 31, (Status.ERROR, Outcome.LOST)),
        ({"max_attempts": 2}, {}, 31, (Status.ERROR, Outcome.LOST)),
        ({"max_attempts": 2, "retry_on": "lost"}, {}, 31, (Status.WAITING, "")),
        ({"max_attempts": 2, "retry_on": "lost"}, {"attempts_made": 2}, 31, (Status.ERROR, Outcome.LOST)),
        ({"max_attempts": 2, "retry_on": "lost", "deadline": 20}, {}, 31, (Status.FAILED, Outcome.DEADLINE)),
        ({"max_attempts": 2, "retry_on": "lost", "deadline": 90}, {}, 31, (Status.WAITING, "")),
        (
            {"max_attempts": 2, "retry_on": "lost"},
            {"cancel_requested": True},
            31,
            (Status.CANCELED, Outcome.CANCELED),
        ),
        ({"max_attempts": 2, "retry_on": "lost", "deadline": 20}, {}, 29, (Status.RUNNING, "")),
        (
            {"max_attempts": 2, "retry_on": "timeout"},
            {"lease_owner": "callback"},
            31,
            (Status.WAITING, ""),
        ),
        ({"max_attempts": 2}, {"lease_owner": "callback"}, 31, (Status.FAILED, Outcome.TIMEOUT)),
        ({"deadline": 10}, {"status": "waiting", "lease_expires_at": None}, 9, (Status.WAITING, "")),
        (
            {"deadline": 10},
            {"status": "waiting", "lease_expires_at": None},
            10,
            (Status.FAILED, Outcome.DEADLINE),
        ),
        (
            {"deadline": 10},
            {"status": "pending", "lease_expires_at": None},
            10,
            (Status.FAILED, Outcome.DEADLINE),
        ),
    ],
)
def test_run_past_a_bound_ends_by_its_policy(
    policy: dict[str, Any], values: dict[str, Any], seconds: int, ending: tuple[str, str]
) -> None:
    run, _ = begun(**policy)
    UnifiedJob.objects.filter(pk=run.pk).update(**values)

    reap(AT + timedelta(seconds=seconds))

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == ending
    assert (run.finished is None) == (run.status in (Status.WAITING, Status.RUNNING))
    if run.status == Status.WAITING and run.lease_expires_at is None and values.get("status") is None:
        assert run.available_at >= AT + timedelta(seconds=seconds)
        assert run.attempts.get().next_attempt_at == run.available_at


@pytest.mark.django_db
def test_run_past_its_deadline_is_not_claimed() -> None:
    make_run(available_at=AT, policy={"deadline": 10})
    admit()

    assert claim("engine#1", node="engine", limit=1, lease_seconds=30, now=AT + timedelta(seconds=10)) == []


@pytest.mark.django_db(transaction=True)
def test_endpoint_is_called_again_with_the_same_key(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(endpoint.url + "/status/503", policy=AT_ONCE)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason, done.attempts_made) == (
        Status.FAILED,
        Outcome.HTTP_STATUS,
        3,
    )
    assert done.dead_letter
    sent = [
        (one["headers"]["Idempotency-Key"], one["headers"]["X-Belfry-Attempt"]) for one in endpoint.requests
    ]
    assert sent == [(str(run.run_id), "1"), (str(run.run_id), "2"), (str(run.run_id), "3")]
    assert list(done.attempts.values_list("number", "outcome", "response_status")) == [
        (number, "http_status", 503) for number in (1, 2, 3)
    ]


@pytest.mark.django_db(transaction=True)
def test_endpoint_that_recovers_ends_the_run_well(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    endpoint.answers = [503, 429]
    run = make_run(endpoint.url + "/ok", policy=AT_ONCE)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason, done.job_explanation) == (Status.SUCCESSFUL, "", "")
    assert (done.attempts_made, done.dead_letter) == (3, False)


@pytest.mark.django_db(transaction=True)
def test_wait_holds_no_worker_and_survives_the_engine(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    endpoint.answers = [503]
    run = make_run(endpoint.url + "/ok", policy=AT_ONCE | {"retry_initial_interval": 3600})
    first = start_engine()
    eventually(UnifiedJob.objects.filter(pk=run.pk, status=Status.WAITING, attempts_made=1).exists)
    first.stop(drain=0)
    UnifiedJob.objects.update(available_at=timezone.now())

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.attempts_made, first.in_flight) == (Status.SUCCESSFUL, 2, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("policy", "reason", "words"),
    [
        ({"deadline": 2}, Outcome.DEADLINE, "The job was not over 2 s after its launch."),
        ({"read_timeout": 1}, Outcome.TIMEOUT, "The endpoint was silent for 1 s."),
    ],
)
def test_call_is_ended_at_its_bound(  # noqa: PLR0917
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    policy: dict[str, Any],
    reason: str,
    words: str,
) -> None:
    start_engine()

    run = make_run(endpoint.url + "/hold", policy=policy)

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason, done.job_explanation) == (Status.FAILED, reason, words)
    assert done.elapsed < 20


@pytest.mark.django_db(transaction=True)
def test_stopping_worker_hands_a_call_back_where_the_policy_says_so(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(endpoint.url + "/hold", policy=AT_ONCE | {"retry_on": "lost"})
    first = start_engine()
    assert endpoint.arrived.wait(WITHIN)
    first.stop(drain=0)
    run.refresh_from_db()
    assert (run.status, run.attempts_made) == (Status.WAITING, 1)
    endpoint.release()

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.attempts_made) == (Status.SUCCESSFUL, 2)
