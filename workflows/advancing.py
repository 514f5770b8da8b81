"""How workflows go on: whatever can be launched next is, and a workflow with nothing left to do ends.

A step reads the states of a workflow's nodes, asks workflows/graph.py what follows, and writes it with the runs that
it makes in one transaction, under a lock of the workflow's run. So a crash at any point leaves the step undone, and
the next look finds it again; a node gets its run once, however many look at once.
"""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs.announcing import announce_work
from jobs.canceling import cancel
from jobs.exceptions import AlreadyFinished
from jobs.execution.database import UNREACHABLE
from jobs.signals import announce_finished
from jobs.statuses import ACTIVE, FINISHED, Status
from workflows.edges import edges_from
from workflows.graph import Edge, GraphNode, State, next_step
from workflows.models import WorkflowJob, WorkflowJobNode
from workflows.spawning import spawn
from workflows.starting import start

logger = logging.getLogger(__name__)

# Workflows that one transaction takes a step of.
BATCH = 100

UNHANDLED = (
    "No error handling path for workflow job node(s) [{failed}]. "
    "Workflow job node(s) missing unified job template and error handling path [{missing}]."
)
BROKEN = "The workflow could not go on: {error}."


@dataclass
class Running:
    """A workflow's run that is locked, with its nodes and the paths between them."""

    job: WorkflowJob
    nodes: dict[int, WorkflowJobNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def parents(self, pk: int) -> list[WorkflowJobNode]:
        """The nodes before one node, the one that ended first first."""
        found = [self.nodes[parent] for parent in {edge.parent for edge in self.edges if edge.child == pk}]
        return sorted(
            found, key=lambda node: ((node.job is not None and node.job.finished) or timezone.now(), node.pk)
        )


def advance_due() -> None:
    """Start the workflows that may, and take steps until there is none to take."""
    while start() + _advance_batch():
        pass


def _advance_batch() -> int:
    """Take a step of at most BATCH workflows that are due; returns of how many."""
    run_ids = dict(due().values_list("pk", "run_id")[:BATCH])
    try:
        return _step_of(run_ids)
    except UNREACHABLE:
        raise
    except Exception:  # one bad workflow must not stop the others
        logger.exception("A batch of workflows could not go on; they are taken one by one.")
        return sum(_step_or_end(pk, run_id) for pk, run_id in run_ids.items())


def due() -> QuerySet[WorkflowJob]:
    """The runs of workflows that can go on: with a node whose run has ended unnoticed, new ones, and canceled ones."""
    nodes = WorkflowJobNode.objects.filter(workflow_job=OuterRef("pk"))
    unnoticed = nodes.filter(ended_as="", job__status__in=FINISHED)
    undecided = Q(job__isnull=True, do_not_run=False, ended_as="")
    begun = nodes.filter(~undecided)
    to_cancel = nodes.filter(undecided | Q(job__status__in=ACTIVE, job__cancel_requested=False))
    going = nodes.filter(job__status__in=ACTIVE)
    return WorkflowJob.objects.filter(
        Exists(unnoticed) | ~Exists(begun) | Q(Exists(to_cancel) | ~Exists(going), cancel_requested=True),
        status=Status.RUNNING,
    ).order_by("pk")


def _step_or_end(pk: int, run_id: UUID) -> int:
    """A step of one workflow; one that cannot be taken ends it."""
    try:
        return _step_of([pk])
    except UNREACHABLE:
        raise
    except Exception as error:
        logger.exception(
            "Workflow %s is ended: it could not go on.",
            pk,
            extra={"action": "advance", "job_id": pk, "run_id": str(run_id)},
        )
        with transaction.atomic():
            for job in _locked([pk]):
                _end(job, Status.ERROR, BROKEN.format(error=type(error).__name__))
        return 1


def _locked(ids: Collection[int]) -> list[WorkflowJob]:
    """Those that still run and that nobody else takes a step of: who does looks again afterwards."""
    rows = WorkflowJob.objects.filter(pk__in=ids, status=Status.RUNNING).select_for_update(skip_locked=True)
    return list(rows.order_by("pk"))


@transaction.atomic
def _step_of(ids: Collection[int]) -> int:
    """Take a step of each of these workflows; returns of how many. A constant number of statements."""
    found = _read(_locked(ids))
    changed: dict[int, WorkflowJobNode] = {}
    launched: list[tuple[Running, WorkflowJobNode]] = []
    for running in found:
        for node in running.nodes.values():
            if node.job is not None and node.job.status in FINISHED and not node.ended_as:
                node.ended_as = node.job.status
                changed[node.pk] = node
        if running.job.cancel_requested:
            skipped = _cancel(running)
        else:
            skipped, to_launch = _go_on(running)
            launched += [(running, node) for node in to_launch]
        for node in skipped:
            node.do_not_run = True
            changed[node.pk] = node
    spawn([(running.job, node, running.parents(node.pk)) for running, node in launched])
    changed |= {node.pk: node for _, node in launched}
    WorkflowJobNode.objects.bulk_update(
        changed.values(), ["job", "do_not_run", "ended_as", "ancestor_artifacts"]
    )
    if launched:
        transaction.on_commit(announce_work)
    return len(found)


def _read(jobs: Sequence[WorkflowJob]) -> list[Running]:
    found = {job.pk: Running(job) for job in jobs}
    nodes = WorkflowJobNode.objects.filter(workflow_job__in=found).select_related(
        "job", "inventory", "execution_environment"
    )
    workflow_of = {}
    for node in nodes.prefetch_related("credentials__credential_type", "labels", "instance_groups").order_by(
        "pk"
    ):
        found[node.workflow_job_id].nodes[node.pk] = node
        workflow_of[node.pk] = node.workflow_job_id
    for edge in edges_from(WorkflowJobNode, workflow_of):
        found[workflow_of[edge.parent]].edges.append(edge)
    return list(found.values())


def _go_on(running: Running) -> tuple[list[WorkflowJobNode], list[WorkflowJobNode]]:
    """End the workflow if it has nothing left to do; returns the nodes to skip and those to launch."""
    nodes = running.nodes
    step = next_step([_as_graph_node(node) for node in nodes.values()], running.edges)
    if step.ended:
        unhandled = [nodes[pk] for pk in step.unhandled]
        failed = ",".join(f"({node.pk},{node.job.status})" for node in unhandled if node.job)
        missing = ",".join(str(node.pk) for node in unhandled if not node.job)
        text = UNHANDLED.format(failed=failed, missing=missing) if unhandled else ""
        running.job.artifacts = _artifacts(running)
        _end(running.job, Status.FAILED if unhandled else Status.SUCCESSFUL, text)
    return [nodes[pk] for pk in step.skip], [nodes[pk] for pk in step.launch]


def _as_graph_node(node: WorkflowJobNode) -> GraphNode:
    return GraphNode(node.pk, _state(node), node.all_parents_must_converge)


def _state(node: WorkflowJobNode) -> State:
    if node.do_not_run:
        return State.SKIPPED
    ended_as = node.ended_as or (node.job.status if node.job else "")
    if ended_as == Status.SUCCESSFUL:
        return State.SUCCESSFUL
    if ended_as in FINISHED:
        return State.FAILED
    if node.job is not None:
        return State.RUNNING
    return State.UNDECIDED if node.unified_job_template_id else State.EMPTY


def _cancel(running: Running) -> list[WorkflowJobNode]:
    """Cancel what is going, or, once nothing is, end the workflow; returns the nodes to skip."""
    going = [node.job for node in running.nodes.values() if node.job and node.job.status in ACTIVE]
    for job in going:
        if not job.cancel_requested:
            with suppress(AlreadyFinished):
                cancel(job)
    if not going:
        _end(running.job, Status.CANCELED, "")
    return [node for node in running.nodes.values() if _state(node) in (State.UNDECIDED, State.EMPTY)]


def _artifacts(running: Running) -> dict[str, Any]:
    """What all of a workflow's runs answered, together: for whom a workflow that it is part of launches next."""
    jobs = [node.job for node in running.nodes.values() if node.job]
    together: dict[str, Any] = {}
    for job in sorted(jobs, key=lambda job: (job.finished or timezone.now(), job.pk)):
        together |= job.artifacts
    return together


def _end(job: WorkflowJob, status: Status, explanation: str) -> None:
    """End a workflow that this transaction has locked."""
    job.status, job.job_explanation, job.finished = status, explanation, timezone.now()
    if status == Status.CANCELED:
        job.canceled_on = job.finished
    if job.started is not None:
        job.elapsed = max(0, round((job.finished - job.started).total_seconds(), 3))
    job.save(
        update_fields=[
            *("status", "job_explanation", "finished", "canceled_on", "elapsed", "artifacts", "modified"),
        ]
    )
    announce_finished([job.pk])
