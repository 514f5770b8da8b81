from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from instances.models import InstanceGroup
from jobs.execution.claiming import ClaimedRun, claim
from jobs.execution.host_calls import HostCall, Landed, begin_calls, record_calls
from jobs.execution.permits import ask
from jobs.execution.results import Result, record
from jobs.execution.service_limits import seconds_until_room
from jobs.limits import limits_changed, state_of
from jobs.models import Project, Service, UnifiedJob
from jobs.statuses import BreakerState, Outcome, Status
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_project
from tests.factories.runs import make_run

pytestmark = pytest.mark.django_db
AT = datetime(2020, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def make_limited(**values: Any) -> Project:
    project = make_project(**values)
    limits_changed(project)
    return project


def waiting(number: int, project: Project | None = None, **values: Any) -> list[UnifiedJob]:
    service = project.pk if project else None
    values = {"service_id": service, "status": Status.WAITING, "available_at": AT} | values
    return [make_run(**values) for _ in range(number)]


def claimed(at: datetime = AT, *, limit: int = 50, owner: str = "one") -> list[ClaimedRun]:
    return claim(owner, node=owner, limit=limit, lease_seconds=30, now=at)


def end(runs: Sequence[ClaimedRun], outcome: Outcome = Outcome.SUCCESS, status: int | None = None) -> None:
    assert len(record("one", [result_of(run, outcome, status) for run in runs])) == len(runs)


def result_of(run: ClaimedRun, outcome: Outcome, status: int | None = None) -> Result:
    explanation = "" if outcome == Outcome.SUCCESS else "It is down."
    return Result(
        run.id,
        run.run_id,
        run.number,
        run.started,
        0.1,
        outcome,
        explanation=explanation,
        response_status=status,
        service=run.service,
    )


def failing(runs: Sequence[ClaimedRun]) -> None:
    end(runs, Outcome.CONNECT)


def test_no_more_calls_are_in_flight_than_may_be() -> None:
    project = make_limited(max_concurrent_calls=3)
    waiting(5, project)

    first = claimed()
    assert (len(first), claimed(owner="two")) == (3, [])

    end(first[:2])
    assert len(claimed(owner="two")) == 2
    assert claimed() == []


def test_no_more_calls_begin_in_a_second_than_may() -> None:
    project = make_limited(max_calls_per_second=2)
    waiting(5, project)

    assert len(claimed(limit=1)) == 1
    assert len(claimed(AT + 0.5 * SECOND, owner="two")) == 1
    assert claimed(AT + 0.9 * SECOND) == []
    assert len(claimed(AT + SECOND)) == 1
    assert claimed(AT + 1.4 * SECOND, owner="two") == []
    assert len(claimed(AT + 3 * SECOND)) == 2


def test_limits_hold_back_nobody_else() -> None:
    limited, other = make_limited(max_concurrent_calls=1), make_limited(max_concurrent_calls=2)
    waiting(100, limited)
    free, of_other = waiting(3, available_at=AT + SECOND), waiting(1, other, available_at=AT + SECOND)

    runs = claimed(AT + SECOND, limit=10)

    assert sorted(run.service or 0 for run in runs) == [0, 0, 0, limited.pk, other.pk]
    assert {run.id for run in runs} > {run.pk for run in free + of_other}


def test_batch_is_filled_in_the_order_of_times() -> None:
    project = make_limited(max_calls_per_second=50)
    late, early = waiting(2, project), waiting(2, available_at=AT - SECOND)
    between = waiting(1, project, available_at=AT - 0.5 * SECOND)

    assert [run.id for run in claimed(limit=3)] == [run.pk for run in sorted(early + between, key=by_id)]
    assert len(Service.objects.get().recent) == 1
    assert [run.id for run in claimed()] == [run.pk for run in late]


def by_id(run: UnifiedJob) -> int:
    return run.pk


def test_runs_of_other_groups_take_no_room() -> None:
    project = make_limited(max_calls_per_second=1)
    group = InstanceGroup.objects.create(name="far away")
    waiting(3, project, preferred_groups=[group.pk])
    [mine] = waiting(1, project)

    assert [run.id for run in claimed()] == [mine.pk]


def test_breaker_opens_after_failures_and_calls_nothing() -> None:
    project = make_limited(breaker_threshold=3, breaker_cooldown=3600)
    waiting(9, project)

    failing(claimed(limit=2))
    assert Service.objects.get().breaker == BreakerState.CLOSED
    failing(claimed(limit=1))

    service = Service.objects.get()
    assert (service.breaker, service.failures) == (BreakerState.OPEN, 3)
    assert service.reason.endswith("It is down.")
    assert service.since is not None
    assert claimed(service.since + 3599 * SECOND) == []


@pytest.mark.parametrize(
    ("outcome", "status", "state"),
    [
        (Outcome.SUCCESS, 200, BreakerState.CLOSED),
        (Outcome.HTTP_STATUS, 404, BreakerState.CLOSED),
        (Outcome.HTTP_STATUS, 502, BreakerState.OPEN),
        (Outcome.TIMEOUT, None, BreakerState.OPEN),
    ],
)
def test_half_open_one_call_decides(outcome: Outcome, status: int | None, state: BreakerState) -> None:
    project = make_limited(breaker_threshold=1, breaker_cooldown=60)
    waiting(5, project)
    failing(claimed(limit=1))
    since = Service.objects.get().since
    assert since is not None

    probe = claimed(since + 60 * SECOND)
    assert len(probe) == 1
    assert Service.objects.get().breaker == BreakerState.HALF_OPEN
    assert claimed(since + 999 * SECOND, owner="two") == []

    end(probe, outcome, status)
    service = Service.objects.get()
    assert (service.breaker, service.probe) == (state, None)
    assert len(claimed(since + 30 * SECOND)) == (3 if state == BreakerState.CLOSED else 0)


def test_failures_of_runs_that_are_tried_again_count() -> None:
    project = make_limited(breaker_threshold=1)
    waiting(1, project)
    [run] = claimed()

    record("one", [replace(result_of(run, Outcome.TIMEOUT), retry_in=60.0)])

    assert UnifiedJob.objects.get().status == Status.WAITING
    assert Service.objects.get().breaker == BreakerState.OPEN


def test_answer_that_promises_a_report_closes_a_half_open_breaker() -> None:
    project = make_limited(breaker_threshold=1)
    waiting(2, project)
    failing(claimed(limit=1))
    [probe] = claimed(AT.replace(year=2100))

    accepted = replace(result_of(probe, Outcome.SUCCESS), is_accepted=True, may_be_reported=True)
    assert record("one", [accepted]) == [probe.id]

    assert Service.objects.get().breaker == BreakerState.CLOSED


def test_probe_that_is_lost_is_followed_by_another() -> None:
    project = make_limited(breaker_threshold=1, breaker_cooldown=60)
    waiting(3, project)
    failing(claimed(limit=1))
    later = AT.replace(year=2100)
    [probe] = claimed(later)

    UnifiedJob.objects.filter(pk=probe.id).update(status=Status.ERROR, finished=later)

    assert len(claimed(later)) == 1


def test_what_waits_fails_where_that_is_the_policy() -> None:
    project = make_limited(breaker_threshold=1, breaker_cooldown=60, breaker_policy="fail")
    waiting(3, project)
    free = waiting(1)
    failing(claimed(limit=1))
    since = Service.objects.get().since
    assert since is not None

    runs = claimed(since + SECOND)

    assert [run.id for run in runs] == [run.pk for run in free]
    failed = UnifiedJob.objects.filter(failure_reason=Outcome.CIRCUIT_OPEN)
    assert [(run.status, run.attempts_made) for run in failed] == [(Status.FAILED, 0)] * 2
    assert failed[0].job_explanation.startswith("The circuit breaker of the service is open. Calls failed")
    late = waiting(1, project)
    assert [run.id for run in claimed(since + 60 * SECOND)] == [late[0].pk]


def test_engine_is_told_when_time_makes_room() -> None:
    assert seconds_until_room(AT) is None
    by_rate, by_breaker = make_limited(max_calls_per_second=1), make_limited(breaker_threshold=1)
    waiting(2, by_rate)
    claimed()
    assert seconds_until_room(AT + 0.25 * SECOND) == 0.75

    waiting(1, by_breaker)
    Service.objects.filter(project=by_breaker).update(breaker=BreakerState.OPEN, since=AT - 59.5 * SECOND)
    assert seconds_until_room(AT) == 0.5


def test_service_that_another_claim_has_locked_is_left_to_it() -> None:
    waiting(1, make_limited(max_concurrent_calls=1))

    with CaptureQueriesContext(connection) as queries:
        claimed()

    assert any("SKIP LOCKED" in query["sql"] and "jobs_service" in query["sql"] for query in queries)


def statements(number: int, **limits: Any) -> int:
    for _ in range(number):
        waiting(2, make_limited(breaker_threshold=5, **limits))
    with CaptureQueriesContext(connection) as queries:
        runs = claimed(limit=500)
        end(runs, Outcome.TIMEOUT)
    assert {run.service for run in runs} == set(Service.objects.values_list("pk", flat=True))
    Service.objects.update(failures=0, recent=[])
    return len(queries)


def test_as_many_statements_for_many_services_as_for_one() -> None:
    assert statements(1, max_calls_per_second=1) == statements(6, max_calls_per_second=1)


@pytest.mark.django_db(transaction=True)
def test_two_claims_at_once_take_no_more_than_one_may() -> None:
    project = make_limited(max_concurrent_calls=2)
    waiting(4, project)
    other = connections.create_connection("default")

    with transaction.atomic():
        first = claimed()
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM jobs_service")
            cursor.execute("SELECT project_id FROM jobs_service FOR NO KEY UPDATE SKIP LOCKED")
            assert cursor.fetchall() == []
    other.close()

    assert (len(first), claimed(owner="two")) == (2, [])


def test_state_says_what_the_limits_count() -> None:
    project = make_limited(max_concurrent_calls=1)
    waiting(3, project)
    claimed()

    state = state_of(project)

    assert (state.breaker, state.calls_in_flight, state.calls_waiting) == (BreakerState.CLOSED, 1, 2)


def calls_to(hosts: int, project: Project) -> tuple[ClaimedRun, list[HostCall]]:
    """A run with an inventory that has been claimed, and its calls, which are recorded."""
    inventory = make_inventory()
    for number in range(hosts):
        make_host(inventory, name=f"web{number}")
    waiting(1, project, inventory=inventory)
    [run] = claimed()
    return run, begin_calls("one", "one", run)


def may_begin(run: ClaimedRun, call: HostCall, at: datetime = AT) -> bool:
    assert run.service is not None
    permit = ask(run.service, run.id, call.number, now=at)
    assert permit.refusal == ""
    return permit.wait is None


def end_call(run: ClaimedRun, call: HostCall, outcome: Outcome = Outcome.SUCCESS) -> None:
    record_calls("one", [Landed(call, 0, result_of(run, outcome))])


def test_calls_to_hosts_count_with_those_of_other_runs() -> None:
    project = make_limited(max_concurrent_calls=3)
    run, calls = calls_to(4, project)
    assert state_of(project).calls_in_flight == 0

    assert [may_begin(run, call) for call in calls[:2]] == [True, True]
    waiting(2, project)
    assert len(claimed()) == 1
    assert state_of(project).calls_in_flight == 3
    assert (may_begin(run, calls[2]), claimed()) == (False, [])

    end_call(run, calls[0])
    assert [may_begin(run, call) for call in calls[2:]] == [True, False]


def test_calls_to_hosts_of_a_lost_worker_count_no_more() -> None:
    project = make_limited(max_concurrent_calls=1)
    run, calls = calls_to(2, project)
    assert may_begin(run, calls[0])

    UnifiedJob.objects.filter(pk=run.id).update(status=Status.WAITING)

    assert len(claimed(AT + SECOND, owner="two")) == 1
    assert state_of(project).calls_in_flight == 1


def test_calls_to_hosts_count_for_the_calls_of_a_second() -> None:
    project = make_limited(max_calls_per_second=2)
    run, calls = calls_to(3, project)

    assert [may_begin(run, call) for call in calls] == [True, True, False]
    permit = ask(project.pk, run.id, calls[2].number, now=AT + 0.25 * SECOND)
    assert permit.wait == 0.75
    assert may_begin(run, calls[2], AT + SECOND)


def test_breaker_hears_of_each_call_to_a_host_and_lets_one_through() -> None:
    project = make_limited(breaker_threshold=2, breaker_cooldown=60)
    run, calls = calls_to(4, project)
    assert all(may_begin(run, call) for call in calls[:2])
    for call in calls[:2]:
        end_call(run, call, Outcome.CONNECT)

    service = Service.objects.get()
    assert (service.breaker, service.failures) == (BreakerState.OPEN, 2)
    assert service.since is not None
    later = service.since + 60 * SECOND
    assert not may_begin(run, calls[2], later - SECOND)
    assert [may_begin(run, call, later) for call in calls[2:]] == [True, False]
    assert Service.objects.get().breaker == BreakerState.HALF_OPEN

    end_call(run, calls[2])
    assert Service.objects.get().breaker == BreakerState.CLOSED
    assert may_begin(run, calls[3], later)


def test_call_to_a_host_that_another_worker_took_over_is_not_made() -> None:
    project = make_limited(max_concurrent_calls=5)
    run, calls = calls_to(1, project)
    run_again = UnifiedJob.objects.get(pk=run.id)
    run_again.attempts.all().delete()

    assert ask(project.pk, run.id, calls[0].number).refusal == "The job is no longer this worker's."


def test_calls_to_hosts_are_free_once_the_service_has_no_limits() -> None:
    project = make_limited(max_concurrent_calls=1)
    run, calls = calls_to(2, project)
    assert may_begin(run, calls[0])
    project.max_concurrent_calls = 0
    project.save()

    assert may_begin(run, calls[1])
