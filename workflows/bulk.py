"""Many templates launched together: a run of a workflow that has no template, with a node for each and no paths."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from access.models import User
from jobs.statuses import JobKind
from workflows.edges import attach
from workflows.launching import announce_steps
from workflows.models import LISTS, WorkflowJob, WorkflowJobNode

MOST_LAUNCHED = 100


class BulkNode(NamedTuple):
    """A node that is not saved, and the ids of the objects in its lists, by their names."""

    node: WorkflowJobNode
    lists: Mapping[str, Sequence[int]]


@transaction.atomic
def launch_together(nodes: Sequence[BulkNode], *, user: User, **values: Any) -> WorkflowJob:
    """Make the run, of which `values` are fields, and its nodes: a constant number of statements."""
    job = WorkflowJob.objects.create(kind=JobKind.WORKFLOW_JOB, is_bulk_job=True, created_by=user, **values)
    for node, _ in nodes:
        node.workflow_job = job
    WorkflowJobNode.objects.bulk_create(node for node, _ in nodes)
    for name in LISTS:
        attach(WorkflowJobNode, name, [(node.pk, pk) for node, lists in nodes for pk in lists.get(name, ())])
    transaction.on_commit(announce_steps)
    return job
