"""The slices of job templates: nodes of a workflow job that has no workflow, all of which begin at once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count

from access.models import User
from instances.models import InstanceGroup
from inventories.membership import hosts_of
from inventories.models import Host, Inventory
from jobs.exceptions import CannotLaunch
from jobs.launching import answers_of, launch
from jobs.models import JobTemplate, UnifiedJob
from jobs.slices import Slice
from jobs.statuses import LaunchType
from workflows.edges import attach
from workflows.launching import announce_steps
from workflows.models import WorkflowJob, WorkflowJobNode

MOST_SLICES = 1000


def cut(runs: Sequence[UnifiedJob]) -> None:
    """Give new runs a node for each slice: no more than the inventory has enabled hosts, and at least one.

    A constant number of statements, and one for each smart inventory.
    """
    hosts = _hosts_by_inventory({run.inventory_id for run in runs if run.inventory_id})
    made: list[tuple[UnifiedJob, WorkflowJobNode]] = []
    for run in runs:
        number = _number(run.prompts["job_slice_count"], hosts[run.inventory_id or 0])
        made += [(run, _node(run, place)) for place in range(1, number + 1)]
    WorkflowJobNode.objects.bulk_create(node for _, node in made)
    groups = {pk for run in runs for pk in run.preferred_groups}
    there = set(InstanceGroup.objects.order_by().filter(pk__in=groups).values_list("pk", flat=True))
    given = {
        "credentials": _linked(UnifiedJob.credentials.through, "credential_id", runs),
        "labels": _linked(UnifiedJob.labels.through, "label_id", runs),
        "instance_groups": {run.pk: [pk for pk in run.preferred_groups if pk in there] for run in runs},
    }
    for name, ids in given.items():
        attach(WorkflowJobNode, name, [(node.pk, pk) for run, node in made for pk in ids.get(run.pk, ())])
    transaction.on_commit(announce_steps)


def number_of_slices(asked: int, inventory: Inventory) -> int:
    """How many a launch makes now."""
    return _number(asked, _hosts_by_inventory({inventory.pk})[inventory.pk])


def _number(asked: int, hosts: int) -> int:
    return max(1, min(asked, MOST_SLICES, hosts))


def slice_of(node: WorkflowJobNode, workflow: WorkflowJob, number_of_nodes: int) -> Slice | None:
    """Which slice a node launches; None where its workflow job is none of slices."""
    if not workflow.is_sliced_job:
        return None
    return Slice(node.ancestor_artifacts["job_slice"], number_of_nodes)


def _node(run: UnifiedJob, number: int) -> WorkflowJobNode:
    return WorkflowJobNode(
        workflow_job_id=run.pk,
        unified_job_template_id=run.unified_job_template_id,
        execution_environment_id=run.execution_environment_id,
        # Where AWX has it.
        ancestor_artifacts={"job_slice": number},
    )


def _hosts_by_inventory(ids: set[int]) -> Counter[int]:
    inventories = Inventory.objects.filter(pk__in=ids).order_by()
    normal = Host.objects.filter(inventory__in=ids, enabled=True).order_by()
    found = Counter(dict(normal.values_list("inventory").annotate(Count("pk"))))
    for inventory in inventories.filter(kind=Inventory.Kind.SMART):
        found[inventory.pk] = hosts_of(inventory).filter(enabled=True).count()
    return found


def _linked(through: Any, column: str, runs: Sequence[UnifiedJob]) -> dict[int, list[int]]:
    """By run, the ids of what is linked to it."""
    found: dict[int, list[int]] = {}
    rows = through.objects.order_by("pk").filter(unifiedjob__in=[run.pk for run in runs])
    for run, other in rows.values_list("unifiedjob_id", column):
        found.setdefault(run, []).append(other)
    return found


def relaunch_slices(job: WorkflowJob, *, user: User | None) -> UnifiedJob:
    """Launch the template of a sliced job once more, with the old answers. Raises CannotLaunch and StillGoing."""
    template = JobTemplate.objects.select_related("project").filter(unified_jobs=job.pk).first()
    if template is None or job.inventory is None:
        raise CannotLaunch({"detail": ["The job template of this job no longer exists, or its inventory."]})
    is_asked = template.ask_job_slice_count_on_launch
    asked = job.prompts["job_slice_count"] if is_asked else template.job_slice_count
    if number_of_slices(asked, job.inventory) != job.workflow_job_nodes.count():
        raise CannotLaunch({"detail": ["Cannot relaunch sliced workflow job after slice count has changed."]})
    answers = answers_of(job, template)
    answers.prompts.update({name: job.prompts[name] for name in ("job_type", "timeout")})
    return launch(template, user=user, answers=answers, launch_type=LaunchType.RELAUNCH)
