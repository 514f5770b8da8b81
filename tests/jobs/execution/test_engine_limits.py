"""Two engines against a real server: what they do together stays within a service's limits."""

import logging
import time
from itertools import pairwise

import pytest

from jobs.canceling import cancel
from jobs.limits import limits_changed, state_of
from jobs.models import Attempt, Project, Service
from jobs.statuses import BreakerState, Outcome, Status
from tests.endpoint import Endpoint
from tests.factories.jobs import make_project
from tests.factories.runs import make_run, make_runs
from tests.jobs.execution.conftest import WITHIN, StartEngine, WaitUntilFinished, eventually
from tests.jobs.execution.test_hosts import make_fleet


def make_limited(**values: object) -> Project:
    project = make_project(**values)
    limits_changed(project)
    return project


def test_engines_together_keep_to_the_concurrent_calls(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(max_concurrent_calls=3)
    runs = make_runs(3, endpoint.url + "/hold", service_id=project.pk)
    runs += make_runs(27, endpoint.url + "/sleep/0.02", service_id=project.pk)

    start_engine("one")
    start_engine("two")
    eventually(lambda: endpoint.at_once == 3)
    endpoint.release()

    done = wait_until_finished(*runs)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert endpoint.most_at_once == 3


def test_engines_together_keep_to_the_calls_per_second(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(max_calls_per_second=4)
    runs = make_runs(10, endpoint.url + "/ok", service_id=project.pk)

    begun = time.monotonic()
    start_engine("one")
    start_engine("two")

    wait_until_finished(*runs)
    assert time.monotonic() - begun > 2
    started = sorted(Attempt.objects.values_list("started", flat=True))
    assert len(started) == 10
    # Four begin in any second: the fifth after one is a second later. Seconds are counted from the lock of a claim,
    # on a busy machine well before the time that it writes; without a limit there would be nothing between them.
    gaps = [(started[place + 4] - started[place]).total_seconds() for place in range(6)]
    assert min(gaps) > 0.5


def test_breaker_opens_calls_nothing_lets_one_through_and_closes(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "jobs.execution.breakers")
    project = make_limited(max_concurrent_calls=1, breaker_threshold=3, breaker_cooldown=3600)
    failing = make_runs(3, endpoint.url + "/status/503", service_id=project.pk)
    waiting = make_runs(5, endpoint.url + "/hold", service_id=project.pk)
    start_engine("one")
    start_engine("two")
    wait_until_finished(*failing)
    assert state_of(project).breaker == BreakerState.OPEN

    free = make_runs(5, endpoint.url + "/ok")
    wait_until_finished(*free)
    assert endpoint.calls.total() == 8

    endpoint.arrived.clear()
    Project.objects.filter(pk=project.pk).update(breaker_cooldown=0, max_concurrent_calls=0)
    assert endpoint.arrived.wait(WITHIN)
    assert state_of(project).breaker == BreakerState.HALF_OPEN
    wait_until_finished(*make_runs(5, endpoint.url + "/ok"))
    assert (endpoint.at_once, state_of(project).calls_in_flight) == (1, 1)

    endpoint.release()
    done = wait_until_finished(*waiting)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert Service.objects.get().breaker == BreakerState.CLOSED
    of_breakers = [record for record in caplog.records if record.name == "jobs.execution.breakers"]
    told = [(record.breaker, record.project_id) for record in of_breakers]  # type: ignore[attr-defined]
    assert told == [("open", project.pk), ("closed", project.pk)]


def test_open_breaker_fails_what_waits_where_that_is_the_policy(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(
        max_concurrent_calls=1, breaker_threshold=2, breaker_cooldown=3600, breaker_policy="fail"
    )
    runs = make_runs(6, endpoint.url + "/reset", service_id=project.pk)
    start_engine("one")
    start_engine("two")

    done = wait_until_finished(*runs)

    reasons = [run.failure_reason for run in done]
    assert reasons == [Outcome.CONNECT] * 2 + [Outcome.CIRCUIT_OPEN] * 4
    assert all(one.pk < other.pk for one, other in pairwise(done))
    assert endpoint.calls.total() == 2


def test_engines_together_keep_to_the_concurrent_calls_to_hosts(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(max_concurrent_calls=3)
    runs = [
        make_run(
            "/sleep/0.02",
            base_url=endpoint.url,
            inventory=make_fleet(endpoint, 8),
            service_id=project.pk,
            prompts={"forks": 8},
        )
        for _ in range(2)
    ]
    runs += make_runs(3, endpoint.url + "/hold", service_id=project.pk)
    runs += make_runs(5, endpoint.url + "/sleep/0.02", service_id=project.pk)

    # Each takes a part of them.
    start_engine("one", capacity=5)
    start_engine("two", capacity=5)
    eventually(lambda: endpoint.at_once == 3)
    endpoint.release()

    done = wait_until_finished(*runs)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert (endpoint.calls.total(), endpoint.most_at_once) == (24, 3)
    assert state_of(project).calls_in_flight == 0


def test_open_breaker_ends_the_calls_to_hosts_that_are_left_where_that_is_the_policy(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(
        max_concurrent_calls=1, breaker_threshold=2, breaker_cooldown=3600, breaker_policy="fail"
    )
    run = make_run(
        "/status/503", base_url=endpoint.url, inventory=make_fleet(endpoint, 6), service_id=project.pk
    )
    start_engine("one")

    [done] = wait_until_finished(run)

    outcomes = sorted(done.attempts.values_list("outcome", flat=True))
    assert outcomes == [Outcome.CIRCUIT_OPEN] * 4 + [Outcome.HTTP_STATUS] * 2
    assert done.status == Status.FAILED
    assert endpoint.calls.total() == 2
    assert state_of(project).failures == 2


def test_run_whose_call_to_a_host_waits_for_its_service_can_be_canceled(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_limited(max_concurrent_calls=1)
    run = make_run("/hold", base_url=endpoint.url, inventory=make_fleet(endpoint, 3), service_id=project.pk)
    start_engine("one")
    assert endpoint.arrived.wait(WITHIN)

    cancel(run)

    [done] = wait_until_finished(run)
    assert done.status == Status.CANCELED
    assert endpoint.calls.total() == 1
    assert state_of(project).calls_in_flight == 0
