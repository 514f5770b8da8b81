"""Job templates that are cut into slices: what a launch makes, and which hosts each slice calls."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction

from instances.models import InstanceGroup
from inventories.models import Inventory
from jobs.execution.admission import admit
from jobs.launching import launch, relaunch
from jobs.models import JobTemplate, Label, UnifiedJob
from jobs.prompts import LaunchAnswers, accept
from jobs.statuses import JobKind, Status
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.endpoint import Endpoint
from tests.factories.access import make_organization
from tests.factories.credentials import make_credential, make_type
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_job, make_job_template, make_project
from tests.factories.schedules import make_schedule
from tests.factories.workflows import make_node, make_workflow
from tests.jobs.execution.conftest import StartEngine, endpoint, eventually, start_engine
from workflows.advancing import advance_due
from workflows.models import WorkflowJob, WorkflowJobNode
from workflows.slicing import cut
from workflows.starting import start

__all__ = ["endpoint", "start_engine"]
pytestmark = pytest.mark.django_db


def inventory_of(number: int, url: str = "http://127.0.0.1:9", **values: Any) -> Inventory:
    inventory = make_inventory(**values)
    for place in range(number):
        make_host(inventory, name=f"host{place}", variables={"belfry_url": url})
    return inventory


def sliced(number: int, hosts: int, **values: Any) -> JobTemplate:
    return make_job_template(job_slice_count=number, inventory=inventory_of(hosts), **values)


def run(template: JobTemplate, **sent: Any) -> UnifiedJob:
    made = launch(template, user=None, answers=accept(template, **sent))
    advance_due()
    return UnifiedJob.objects.get(pk=made.pk)


def slices() -> list[tuple[int, int]]:
    jobs = UnifiedJob.objects.filter(kind=JobKind.JOB).order_by("pk")
    return [(job.prompts.get("job_slice_number", 0), job.prompts.get("job_slice_count", 1)) for job in jobs]


def test_launch_makes_a_workflow_job_with_a_job_for_each_slice() -> None:
    template = sliced(3, 5, name="Patch", extra_vars="{'a': 1}")

    job = run(template)

    assert (job.kind, job.is_sliced_job, job.status, job.name) == ("workflow_job", True, "running", "Patch")
    assert job.unified_job_template_id == template.pk
    assert slices() == [(1, 3), (2, 3), (3, 3)]
    made = UnifiedJob.objects.filter(kind=JobKind.JOB)
    assert {(one.name, one.allow_simultaneous, one.inventory_id) for one in made} == {
        ("Patch", True, template.inventory_id)
    }
    # And nothing of how slices are numbered.
    assert [one.extra_vars for one in made] == [{"a": 1}] * 3


@pytest.mark.parametrize(("asked", "hosts", "made"), [(3, 2, 2), (5, 0, 1), (1001, 1, 1)])
def test_there_are_no_more_slices_than_hosts(asked: int, hosts: int, made: int) -> None:
    run(sliced(asked, hosts))

    assert WorkflowJobNode.objects.count() == made


def test_disabled_hosts_do_not_count_and_smart_inventories_do() -> None:
    organization = make_organization()
    inventory = inventory_of(3, organization=organization)
    make_host(inventory, name="disabled", enabled=False)
    smart = make_inventory(kind="smart", host_filter="name__startswith=host", organization=organization)
    for one in (inventory, smart):
        run(make_job_template(job_slice_count=9, inventory=one))

    nodes = Counter(WorkflowJobNode.objects.values_list("workflow_job", flat=True))
    assert sorted(nodes.values()) == [3, 3]


def test_template_without_an_inventory_or_with_one_slice_is_not_cut() -> None:
    for template in (make_job_template(job_slice_count=4), sliced(1, 3)):
        assert run(template).kind == JobKind.JOB
    assert slices() == [(0, 1), (0, 1)]


def test_answers_reach_the_slices() -> None:
    template = make_job_template(
        ask_job_slice_count_on_launch=True,
        ask_inventory_on_launch=True,
        ask_limit_on_launch=True,
        ask_variables_on_launch=True,
        ask_timeout_on_launch=True,
    )
    given = inventory_of(4)
    prompts = {"job_slice_count": 2, "inventory": given, "limit": "host1", "timeout": 7}

    run(template, extra_vars={"x": 1}, prompts=prompts)

    made = UnifiedJob.objects.filter(kind=JobKind.JOB)
    assert slices() == [(1, 2), (2, 2)]
    assert {(one.inventory_id, one.prompts["limit"], one.timeout) for one in made} == {(given.pk, "host1", 7)}
    assert [one.extra_vars for one in made] == [{"x": 1}] * 2


def test_credentials_labels_and_groups_reach_the_slices() -> None:
    template = sliced(
        2,
        2,
        ask_credential_on_launch=True,
        ask_labels_on_launch=True,
        ask_instance_groups_on_launch=True,
        organization=make_organization(),
    )
    own, credential = make_credential(), make_credential(make_type())
    template.credentials.add(own)
    label = Label.objects.create(name="x", organization=make_organization())
    group = InstanceGroup.objects.create(name="g")

    run(template, prompts={"credentials": [credential], "labels": [label], "instance_groups": [group]})

    for job in UnifiedJob.objects.filter(kind=JobKind.JOB):
        assert job.request["credentials"] == [own.pk, credential.pk]
        assert list(job.labels.all()) == [label]
        assert job.preferred_groups == [group.pk]


def test_slices_are_cut_by_a_constant_number_of_statements(django_assert_max_num_queries: Any) -> None:
    runs = []
    for _ in range(4):
        template = sliced(2, 3)
        runs.append(
            UnifiedJob.objects.create(
                kind=JobKind.WORKFLOW_JOB,
                is_sliced_job=True,
                unified_job_template_id=template.pk,
                inventory=template.inventory,
                prompts={"job_slice_count": 2},
                request={"credentials": []},
            )
        )

    with django_assert_max_num_queries(6):
        cut(runs)

    assert WorkflowJobNode.objects.count() == 8


def test_schedule_and_workflow_launch_slices() -> None:
    template = sliced(2, 2)
    schedule = make_schedule(template=template)
    assert schedule.next_run is not None
    launch_due(schedule.next_run)
    job = Occurrence.objects.get().job
    assert job is not None
    outer = make_workflow()
    make_node(outer, sliced(2, 2), identifier="nested")
    launch(outer, user=None, answers=accept(outer))
    advance_due()

    nested = WorkflowJobNode.objects.get(identifier="nested").job
    assert nested is not None
    assert (job.is_sliced_job, nested.is_sliced_job) == (True, True)
    assert slices() == [(1, 2), (2, 2)] * 2


@pytest.mark.parametrize("status", [Status.PENDING, Status.WAITING, Status.RUNNING])
def test_plain_job_that_is_going_holds_back_a_sliced_one(status: Status) -> None:
    template = sliced(2, 2)
    plain = make_job(template, status=status)

    job = run(template)
    assert (job.status, slices()) == (Status.PENDING, [(0, 1)])
    UnifiedJob.objects.filter(pk=plain.pk).update(status=Status.SUCCESSFUL)
    advance_due()

    assert slices() == [(0, 1), (1, 2), (2, 2)]


def test_sliced_job_that_is_going_holds_back_a_plain_one() -> None:
    template = sliced(2, 2)
    run(template)
    plain = make_job(template, status=Status.PENDING)

    # Only the slices, which go together.
    assert admit() == 2

    plain.refresh_from_db()
    assert plain.status == Status.PENDING


@pytest.mark.django_db(transaction=True)
def test_nobody_admits_a_plain_job_while_a_sliced_one_is_started() -> None:
    """Neither would see the other, whose row is not committed yet."""
    launch(sliced(2, 2), user=None, answers=LaunchAnswers())
    admitted: list[int | None] = []

    def admit_elsewhere() -> None:
        admitted.append(admit())
        connection.close()

    with transaction.atomic():
        assert start() == 1
        other = threading.Thread(target=admit_elsewhere)
        other.start()
        other.join(timeout=120)

    assert admitted == [None]


def test_relaunched_slice_is_the_same_slice_and_nothing_else_is_cut_anew() -> None:
    template = sliced(2, 2)
    run(template)
    second = UnifiedJob.objects.get(prompts__job_slice_number=2)
    whole = UnifiedJob.objects.create(
        name="x", unified_job_template_id=template.pk, prompts={"job_slice_count": 1}
    )

    again = relaunch(second, user=None)
    plain = relaunch(whole, user=None)

    assert (again.kind, again.prompts["job_slice_number"], again.prompts["job_slice_count"]) == ("job", 2, 2)
    assert (plain.kind, plain.prompts["job_slice_count"]) == ("job", 1)


@pytest.mark.django_db(transaction=True)
def test_each_host_is_called_by_one_slice(endpoint: Endpoint, start_engine: StartEngine) -> None:
    inventory, project = inventory_of(5, endpoint.url), make_project()
    template = make_job_template(job_slice_count=3, inventory=inventory, endpoint="/ok", project=project)
    launch(template, user=None, answers=accept(template, prompts={}))
    start_engine()

    def ended() -> bool:
        advance_due()
        return WorkflowJob.objects.get().is_finished

    eventually(ended)

    by_slice = {
        job.prompts["job_slice_number"]: sorted(job.attempts.values_list("host_name", flat=True))
        for job in UnifiedJob.objects.filter(kind=JobKind.JOB)
    }
    assert by_slice == {1: ["host0", "host3"], 2: ["host1", "host4"], 3: ["host2"]}
    assert set(UnifiedJob.objects.values_list("status", flat=True)) == {Status.SUCCESSFUL}


@pytest.mark.django_db(transaction=True)
def test_slice_that_the_limit_leaves_no_host_has_nothing_to_do(
    endpoint: Endpoint,
    start_engine: StartEngine,
) -> None:
    values: dict[str, Any] = {
        "inventory": inventory_of(3, endpoint.url),
        "endpoint": "/ok",
        "job_slice_count": 2,
    }
    values["project"] = make_project()
    for limit in ("host2", "nobody"):
        template = make_job_template(**values, limit=limit)
        launch(template, user=None, answers=accept(template))
    start_engine()

    def ended() -> bool:
        advance_due()
        return not WorkflowJob.objects.filter(finished=None).exists()

    eventually(ended)

    jobs = UnifiedJob.objects.filter(kind=JobKind.JOB).order_by("unified_job_template", "pk")
    assert [job.status for job in jobs] == ["successful", "successful", "error", "successful"]
