"""Calls to each host of an inventory, by a real engine to a real service."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventories.models import Inventory
from inventories.querysets import with_last_run, with_totals
from inventories.targets import targets_of
from jobs.canceling import cancel
from jobs.exceptions import CannotLaunch
from jobs.execution.claiming import claim
from jobs.execution.host_calls import begin_calls
from jobs.launching import launch
from jobs.models import JobHostSummary, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.record import events_of
from jobs.statuses import Outcome, Status
from jobs.stdout import as_text, lines_of
from schedules.poller import launch_due
from tests.endpoint import Endpoint
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.jobs import make_job_template, make_project
from tests.factories.runs import make_run
from tests.factories.schedules import make_schedule
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished, eventually

EACH_MINUTE = "DTSTART:20240101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"

pytestmark = pytest.mark.django_db(transaction=True)


def make_fleet(endpoint: Endpoint, number: int, **variables: Any) -> Inventory:
    inventory = make_inventory()
    for index in range(number):
        text = json.dumps({"belfry_url": f"{endpoint.url}/", "rack": index, **variables})
        make_host(inventory, name=f"web{index}", variables=text)
    return inventory


def run_on(inventory: Inventory, path: str = "/ok", **values: Any) -> UnifiedJob:
    values.setdefault("base_url", "http://127.0.0.1:9")
    return make_run(path, inventory=inventory, **values)


def record_of(run: UnifiedJob) -> str:
    return as_text(lines_of(events_of(run, run.attempts.all())))


def test_each_enabled_host_is_called_once_with_its_variables(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 3, ansible_password="hidden")
    make_host(inventory, name="off", enabled=False)
    make_group(inventory, hosts=tuple(inventory.hosts.filter(name="web1")), variables="zone: b\nrack: 9")
    run = run_on(inventory, extra_vars={"deploy": 7})
    start_engine()
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.SUCCESSFUL
    bodies = sorted((json.loads(sent["body"]) for sent in endpoint.requests), key=lambda one: one["rack"])
    assert [body["inventory_hostname"] for body in bodies] == ["web0", "web1", "web2"]
    assert [body["deploy"] for body in bodies] == [7, 7, 7]
    assert [body["rack"] for body in bodies] == [0, 1, 2]
    assert bodies[1]["zone"] == "b"
    assert not any("ansible_password" in body or "belfry_url" in body for body in bodies)
    assert {sent["headers"]["Idempotency-Key"] for sent in endpoint.requests} == {str(run.run_id)}
    attempts = list(ended.attempts.order_by("number"))
    assert [(one.number, one.host_name, one.outcome) for one in attempts] == [
        (1, "web0", "success"),
        (2, "web1", "success"),
        (3, "web2", "success"),
    ]
    assert set(ended.artifacts["hosts"]) == {"web0", "web1", "web2"}
    text = record_of(ended)
    assert all(f"Host web{index}, " in text for index in range(3))


def test_limit_chooses_hosts_and_one_failure_fails_the_run(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 3)
    make_host(inventory, name="web9", variables=json.dumps({"belfry_url": f"{endpoint.url}/broken"}))
    run = run_on(inventory, prompts={"limit": "web0:web9"})
    start_engine()
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.FAILED
    assert ended.failure_reason == Outcome.CONNECT
    assert ended.job_explanation.startswith("1 of 2 hosts failed.\nweb9: ")
    outcomes = dict(ended.attempts.values_list("host_name", "outcome"))
    assert outcomes == {"web0": "success", "web9": "connect"}
    assert inventory.hosts.get(has_active_failures=True).name == "web9"
    shown: Any = with_totals(Inventory.objects.all()).get(pk=inventory.pk)
    assert (shown.has_active_failures, shown.hosts_with_active_failures) == (True, 1)
    hosts: Any = with_last_run(inventory.hosts.all())
    assert {host.name: host.last_job for host in hosts} == {
        "web0": run.pk,
        "web1": None,
        "web2": None,
        "web9": run.pk,
    }


@pytest.mark.parametrize(
    ("limit", "words"),
    [("nobody", "matches the limit 'nobody'"), ("~(", "limit: "), ("", "has no enabled host")],
)
def test_a_run_that_calls_nobody_ends_as_an_error_that_says_so(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    limit: str,
    words: str,
) -> None:
    run = run_on(make_fleet(endpoint, 1 if limit else 0), prompts={"limit": limit})
    start_engine()
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.ERROR
    assert words in ended.job_explanation
    assert endpoint.requests == []


def test_template_that_has_lost_its_project_calls_nobody(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_project(scm_url=endpoint.url)
    template = make_job_template(project=project, endpoint="/ok", inventory=make_fleet(endpoint, 1))
    now = timezone.now()
    make_schedule(EACH_MINUTE, template=template, now=now - timedelta(minutes=1))
    project.delete()
    template.refresh_from_db()

    with pytest.raises(CannotLaunch):
        launch(template, user=None, answers=LaunchAnswers())
    assert launch_due(now).launched == 1
    start_engine()

    (ended,) = wait_until_finished(UnifiedJob.objects.get())
    assert (ended.status, ended.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert ended.job_explanation == "The endpoint is a path, and there is no base URL to which it belongs."
    assert endpoint.requests == []


def test_forks_bound_how_many_hosts_are_called_at_once(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = run_on(make_fleet(endpoint, 7), "/sleep/0.2", prompts={"forks": 2})
    start_engine()
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.SUCCESSFUL
    assert len(endpoint.requests) == 7
    assert endpoint.most_at_once == 2


def test_a_host_without_an_address_fails_alone(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 1)
    make_host(inventory, name="odd", variables='{"belfry_url": "ftp://x"}')
    run = run_on(inventory)
    start_engine()
    (ended,) = wait_until_finished(run)
    assert dict(ended.attempts.values_list("host_name", "outcome")) == {
        "odd": "invalid_request",
        "web0": "success",
    }
    assert "Host odd has no base URL that can be called." in record_of(ended)


def test_a_local_host_is_called_at_the_projects_base_url(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory()
    make_host(inventory, name="localhost", variables="ansible_connection: local")
    run = run_on(inventory, base_url=endpoint.url)
    start_engine()
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.SUCCESSFUL


def test_cancel_ends_the_calls_and_keeps_what_had_ended(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 2)
    inventory.hosts.filter(name="web1").update(variables=json.dumps({"belfry_url": f"{endpoint.url}/hold"}))
    run = run_on(inventory)
    start_engine()
    while not run.attempts.filter(finished__isnull=False).exists():
        endpoint.arrived.wait(1)
    cancel(run)
    (ended,) = wait_until_finished(run)
    assert ended.status == Status.CANCELED
    assert dict(ended.attempts.values_list("host_name", "outcome")) == {"web0": "success", "web1": "canceled"}
    assert record_of(ended).index("Host web0") < record_of(ended).index("Host web1")


def test_calls_are_begun_once_also_when_the_answer_was_lost() -> None:
    inventory = make_inventory()
    make_host(inventory, name="a")
    run = run_on(inventory, status=Status.WAITING)
    (claimed,) = claim("me", node="node", limit=1, lease_seconds=60)
    assert not run.attempts.exists()
    first = begin_calls("me", "node", claimed)
    assert begin_calls("me", "node", claimed) == first
    assert run.attempts.count() == 1
    assert begin_calls("another", "node", claimed) == []


def test_targets_cost_the_same_for_many_hosts_as_for_one() -> None:
    def statements(number: int) -> int:
        inventory = make_inventory()
        parent = make_group(inventory, variables="a: 1")
        hosts = tuple(make_host(inventory) for _ in range(number))
        make_group(inventory, hosts=hosts, below=parent, variables="b: 2")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            targets = targets_of(inventory.pk, "all")
        assert [target.parameters for target in targets] == [{"a": 1, "b": 2}] * number
        return len(queries)

    assert statements(30) == statements(1)


def test_later_attempts_call_only_the_hosts_that_failed(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 2)
    make_host(inventory, name="web9", variables=json.dumps({"belfry_url": f"{endpoint.url}/status/503"}))
    policy = {"max_attempts": 3, "retry_initial_interval": 0}
    run = run_on(inventory, policy=policy)

    start_engine()

    (ended,) = wait_until_finished(run)
    assert (ended.status, ended.failure_reason, ended.attempts_made) == (
        Status.FAILED,
        Outcome.HTTP_STATUS,
        3,
    )
    called = list(ended.attempts.order_by("number").values_list("number", "host_name", "place"))
    assert called[3:] == [(4, "web9", 3), (5, "web9", 4)]
    assert set(ended.artifacts["hosts"]) == {"web0", "web1", "web9"}
    summaries = JobHostSummary.objects.filter(job=ended).order_by("number")
    assert [(one.host_name, one.number) for one in summaries] == [("web0", 1), ("web1", 2), ("web9", 5)]
    assert ended.job_explanation.startswith("1 of 1 host failed.")


def test_hosts_that_were_cut_off_are_called_again_and_keep_their_place(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_fleet(endpoint, 1)
    make_host(inventory, name="web9", variables=json.dumps({"belfry_url": f"{endpoint.url}/hold"}))
    run = run_on(inventory, policy={"max_attempts": 2, "retry_on": "lost", "retry_initial_interval": 0})
    first = start_engine()
    eventually(lambda: run.attempts.filter(outcome="success").exists() and endpoint.at_once == 1)
    first.stop(drain=0)
    run.refresh_from_db()
    before = lines_of(events_of(run, run.attempts.all()))
    assert (run.status, run.attempts_made) == (Status.WAITING, 1)
    endpoint.release()

    start_engine()

    (ended,) = wait_until_finished(run)
    assert ended.status == Status.SUCCESSFUL
    called = ended.attempts.order_by("number").values_list("host_name", "outcome", "place")
    assert list(called) == [("web0", "success", 0), ("web9", "lost", 1), ("web9", "success", 2)]
    assert lines_of(events_of(ended, ended.attempts.all()))[: len(before)] == before


def test_deadline_ends_a_run_whose_hosts_would_be_called_again(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory()
    for name, path in (("web0", "status/503"), ("web9", "hold")):
        make_host(inventory, name=name, variables=json.dumps({"belfry_url": f"{endpoint.url}/{path}"}))
    start_engine()

    run = run_on(inventory, policy={"max_attempts": 2, "deadline": 4, "retry_initial_interval": 0})

    (ended,) = wait_until_finished(run)
    assert (ended.status, ended.failure_reason) == (Status.FAILED, Outcome.DEADLINE)
    assert list(ended.attempts.values_list("outcome", flat=True)) == ["http_status", "deadline"]
