"""Workflows that run: what is launched when, with what, and how they end."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from access.models import User
from jobs.canceling import cancel
from jobs.execution.admission import admit
from jobs.launching import launch
from jobs.models import JobTemplate, UnifiedJob
from jobs.prompts import accept
from jobs.statuses import FINISHED, JobKind, LaunchType, Status
from tests.factories.access import make_user
from tests.factories.jobs import make_job_template
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows import advancing
from workflows.advancing import advance_due
from workflows.models import WorkflowJob, WorkflowJobNode, WorkflowJobTemplate
from workflows.spawning import spawn

pytestmark = pytest.mark.django_db


def run(workflow: WorkflowJobTemplate, user: User | None = None, **sent: Any) -> WorkflowJob:
    job = launch(workflow, user=user, answers=accept(workflow, **sent))
    advance_due()
    return WorkflowJob.objects.get(pk=job.pk)


def node_of(job: WorkflowJob, identifier: str) -> WorkflowJobNode:
    return WorkflowJobNode.objects.get(workflow_job=job, identifier=identifier)


def finish(job: WorkflowJob, identifier: str, status: Status = Status.SUCCESSFUL, **values: Any) -> None:
    """End a node's run as the engine would."""
    launched = node_of(job, identifier).job
    assert launched is not None, f"{identifier} was not launched"
    UnifiedJob.objects.filter(pk=launched.pk).update(
        status=status, started=timezone.now(), finished=timezone.now(), **values
    )
    advance_due()


def launched(job: WorkflowJob) -> set[str]:
    nodes = WorkflowJobNode.objects.filter(workflow_job=job, job__isnull=False)
    return set(nodes.values_list("identifier", flat=True))


def line(*names: str) -> WorkflowJobTemplate:
    """A workflow whose nodes follow each other when they are successful."""
    workflow = make_workflow()
    nodes = [make_node(workflow, make_job_template(name=name), identifier=name) for name in names]
    for before, after in pairwise(nodes):
        before.success_nodes.add(after)
    return workflow


def test_nodes_are_launched_one_after_another() -> None:
    user = make_user()
    job = run(line("a", "b"), user)

    assert (job.status, launched(job)) == (Status.RUNNING, {"a"})
    first = node_of(job, "a").job
    assert first is not None
    assert (first.launch_type, first.created_by, first.status) == (LaunchType.WORKFLOW, user, Status.PENDING)
    finish(job, "a")
    assert launched(job) == {"a", "b"}
    finish(job, "b")

    job.refresh_from_db()
    assert (job.status, job.job_explanation, job.finished is None) == (Status.SUCCESSFUL, "", False)


def test_failure_that_nobody_handles_fails_the_workflow() -> None:
    job = run(line("a", "b"))

    finish(job, "a", Status.ERROR)

    job.refresh_from_db()
    node = node_of(job, "a")
    assert (job.status, node_of(job, "b").do_not_run) == (Status.FAILED, True)
    assert f"[({node.pk},error)]" in job.job_explanation


def test_empty_workflow_is_successful() -> None:
    assert run(make_workflow()).status == Status.SUCCESSFUL


def test_later_edits_do_not_touch_a_run() -> None:
    workflow = line("a", "b")
    job = run(workflow)

    workflow.workflow_job_template_nodes.get(identifier="b").delete()
    finish(job, "a")

    assert launched(job) == {"a", "b"}


def test_parameters_come_from_the_node_what_was_answered_and_the_workflow() -> None:
    workflow = make_workflow(extra_vars="{'w': 'workflow', 'x': 'workflow'}")
    asks = {
        "ask_variables_on_launch": True,
        "ask_limit_on_launch": True,
        "extra_vars": "{'t': 1, 'n': 'template'}",
    }
    first = make_node(workflow, make_job_template(), identifier="a")
    values = {"extra_data": {"n": "node", "x": "node", "p": "node"}, "prompts": {"limit": "node"}}
    second = make_node(workflow, make_job_template(**asks), identifier="b", **values)
    first.success_nodes.add(second)
    job = run(workflow)

    finish(job, "a", artifacts={"p": "answered", "x": "answered"})

    made = node_of(job, "b").job
    assert made is not None
    assert made.extra_vars == {"t": 1, "n": "node", "p": "answered", "x": "workflow", "w": "workflow"}
    assert made.prompts["limit"] == "node"


def test_answers_to_the_workflow_come_before_the_nodes() -> None:
    workflow = make_workflow(ask_limit_on_launch=True)
    template = make_job_template(ask_limit_on_launch=True)
    make_node(workflow, template, identifier="a", prompts={"limit": "node"})

    job = run(workflow, prompts={"limit": "launch"})

    made = node_of(job, "a").job
    assert made is not None
    assert made.prompts["limit"] == "launch"


def test_what_was_answered_goes_through_nodes_that_answered_nothing() -> None:
    job = run(line("a", "b", "c"))

    finish(job, "a", artifacts={"found": 3})
    finish(job, "b")

    made = node_of(job, "c").job
    assert made is not None
    assert made.extra_vars == {"found": 3}


def test_nested_workflow_runs_and_hands_on_what_it_found() -> None:
    inner, outer = line("inner"), make_workflow()
    first = make_node(outer, inner, identifier="nested")
    first.success_nodes.add(make_node(outer, make_job_template(), identifier="after"))
    job = run(outer)
    nested = node_of(job, "nested").job
    assert nested is not None
    assert nested.kind == JobKind.WORKFLOW_JOB

    finish(WorkflowJob.objects.get(pk=nested.pk), "inner", artifacts={"deep": True})

    after = node_of(job, "after").job
    assert after is not None
    assert after.extra_vars == {"deep": True}


def test_workflow_in_itself_fails_at_once() -> None:
    workflow = make_workflow(allow_simultaneous=True)
    make_node(workflow, workflow, identifier="a")

    job = run(workflow)

    made = node_of(job, "a").job
    assert made is not None
    assert (job.status, made.status) == (Status.FAILED, Status.FAILED)
    assert "recursion" in made.job_explanation
    assert WorkflowJob.objects.count() == 2


def test_template_that_cannot_be_launched_fails_its_node_alone() -> None:
    workflow = make_workflow()
    broken = make_node(workflow, make_job_template(endpoint=""), identifier="a")
    broken.failure_nodes.add(make_node(workflow, make_job_template(), identifier="b"))

    job = run(workflow)

    made = node_of(job, "a").job
    assert made is not None
    assert made.job_explanation.startswith("Job spawned from workflow could not start")
    assert launched(job) == {"a", "b"}


def test_deleted_template_fails_its_node() -> None:
    workflow = line("a", "b")
    job = run(workflow)
    JobTemplate.objects.get(name="b").delete()

    finish(job, "a")

    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert f"path [{node_of(job, 'b').pk}]" in job.job_explanation


def test_canceled_workflow_cancels_what_it_launched() -> None:
    workflow = line("a", "b")
    make_step(workflow)
    make_node(workflow, line("inner"), identifier="nested")
    job = run(workflow)

    assert not cancel(job)
    advance_due()

    states = set(UnifiedJob.objects.values_list("status", flat=True))
    assert states == {Status.CANCELED}
    assert node_of(job, "b").do_not_run


def test_running_call_of_a_canceled_workflow_is_awaited() -> None:
    job = run(line("a"))
    made = node_of(job, "a").job
    assert made is not None
    UnifiedJob.objects.filter(pk=made.pk).update(
        status=Status.RUNNING, lease_expires_at=timezone.now(), started=timezone.now()
    )

    cancel(job)
    advance_due()

    made.refresh_from_db()
    job.refresh_from_db()
    assert (made.cancel_requested, job.status) == (True, Status.RUNNING)
    finish(job, "a", Status.CANCELED)
    job.refresh_from_db()
    assert (job.status, job.canceled_on is None) == (Status.CANCELED, False)


def test_second_run_of_a_workflow_waits_for_the_first() -> None:
    workflow = line("a")
    first, second = run(workflow), run(workflow)

    assert second.status == Status.PENDING
    finish(first, "a")

    second.refresh_from_db()
    assert second.status == Status.RUNNING


def test_simultaneous_runs_are_started_at_once() -> None:
    workflow = line("a")
    WorkflowJobTemplate.objects.update(allow_simultaneous=True)
    workflow.refresh_from_db()

    assert {run(workflow).status, run(workflow).status} == {Status.RUNNING}


def test_step_that_dies_before_its_commit_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs were inserted when it died: neither they nor the nodes' links remain, and each node gets one run."""
    launch(line("a"), user=None, answers=accept(make_workflow()))
    real = spawn

    def dying(*given: Any) -> None:
        real(*given)
        raise SystemExit

    monkeypatch.setattr(advancing, "spawn", dying)
    with pytest.raises(SystemExit):
        advance_due()
    assert not UnifiedJob.objects.filter(kind=JobKind.JOB).exists()

    monkeypatch.setattr(advancing, "spawn", real)
    advance_due()
    advance_due()

    assert UnifiedJob.objects.filter(kind=JobKind.JOB).count() == 1


def test_workflow_that_cannot_go_on_ends_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = line("bad"), line("good")
    real = spawn

    def failing(wanted: Any) -> None:
        if any(node.identifier == "bad" for _, node, _ in wanted):
            raise ValueError
        real(wanted)

    monkeypatch.setattr(advancing, "spawn", failing)
    for workflow in (bad, good):
        launch(workflow, user=None, answers=accept(workflow))
    advance_due()

    states = dict(WorkflowJob.objects.values_list("name", "status"))
    assert states == {bad.name: Status.ERROR, good.name: Status.RUNNING}
    [told] = [vars(record) for record in caplog.records if hasattr(record, "job_id")]
    ended = WorkflowJob.objects.get(status=Status.ERROR)
    assert (told["job_id"], told["run_id"]) == (ended.pk, str(ended.run_id))


def test_steps_of_many_take_a_constant_number_of_statements(django_assert_max_num_queries: Any) -> None:
    template = make_job_template()
    for _ in range(20):
        workflow = make_workflow()
        make_node(workflow, template)
        launch(workflow, user=None, answers=accept(workflow))

    with django_assert_max_num_queries(45):
        advance_due()

    assert UnifiedJob.objects.filter(kind=JobKind.JOB).count() == 20


def test_engine_leaves_workflows_and_approvals_alone() -> None:
    workflow = make_workflow()
    make_step(workflow)
    job = run(workflow)
    launch(workflow, user=None, answers=accept(workflow))

    assert admit() == 0
    assert set(UnifiedJob.objects.values_list("kind", "status")) == {
        (JobKind.WORKFLOW_JOB, Status.RUNNING),
        (JobKind.WORKFLOW_APPROVAL, Status.PENDING),
        (JobKind.WORKFLOW_JOB, Status.PENDING),
    }
    assert job.status not in FINISHED


@pytest.mark.django_db(transaction=True)
def test_many_who_look_at_once_launch_each_node_once() -> None:
    template = make_job_template()
    for _ in range(10):
        workflow = make_workflow(allow_simultaneous=True)
        for _ in range(3):
            make_node(workflow, template)
        launch(workflow, user=None, answers=accept(workflow))

    def look(_: int) -> None:
        try:
            advance_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(8)))

    assert UnifiedJob.objects.filter(kind=JobKind.JOB).count() == 30
    assert WorkflowJobNode.objects.filter(job=None).count() == 0
