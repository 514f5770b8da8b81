"""Runs of workflows: made like all runs, and with copies of the workflow's nodes."""

from collections.abc import Sequence

from django.db import transaction

from access.models import User
from jobs.announcing import send_hint
from jobs.exceptions import CannotLaunch
from jobs.launching import launch
from jobs.models import UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import LaunchType
from workflows.edges import copy_relations
from workflows.models import WorkflowJob, WorkflowJobNode, WorkflowJobTemplate, WorkflowJobTemplateNode

TASK = "workflows.tasks.advance_workflows"
# A hint that is older, in seconds, is of no use: the poll has looked by then.
EXPIRES = 60
COPIED = (
    *("identifier", "unified_job_template_id", "all_parents_must_converge", "extra_data", "prompts"),
    *("secret_variables", "inventory_id", "execution_environment_id"),
)


def announce_steps() -> None:
    """There are workflows that can go on, for `transaction.on_commit`. Never raises."""
    send_hint(TASK, expires=EXPIRES)


def copy_nodes(runs: Sequence[UnifiedJob]) -> None:
    """Give new runs the nodes of their workflows as they are now: a constant number of statements."""
    nodes_of: dict[int, list[WorkflowJobTemplateNode]] = {
        run.unified_job_template_id or 0: [] for run in runs
    }
    for node in WorkflowJobTemplateNode.objects.filter(workflow_job_template__in=nodes_of):
        nodes_of[node.workflow_job_template_id].append(node)
    pairs = [(run, node) for run in runs for node in nodes_of[run.unified_job_template_id or 0]]
    made = WorkflowJobNode.objects.bulk_create(
        WorkflowJobNode(workflow_job_id=run.pk, **{name: getattr(node, name) for name in COPIED})
        for run, node in pairs
    )
    copies: dict[int, dict[int, int]] = {run.pk: {} for run in runs}
    for (run, node), copied in zip(pairs, made, strict=True):
        copies[run.pk][node.pk] = copied.pk
    copy_relations(WorkflowJobTemplateNode, WorkflowJobNode, list(copies.values()))
    transaction.on_commit(announce_steps)


def relaunch(job: WorkflowJob, *, user: User | None) -> UnifiedJob:
    """Run the workflow of `job` once more: as it is now, with the old answers. Raises CannotLaunch."""
    template = WorkflowJobTemplate.objects.filter(unified_jobs=job.pk).first()
    if template is None:
        raise CannotLaunch({"detail": ["The workflow job template of this job no longer exists."]})
    answers = LaunchAnswers(
        extra_vars=job.extra_vars,
        secrets=frozenset(job.secret_variables),
        prompts={**job.prompts, "inventory": job.inventory, "labels": list(job.labels.all())},
    )
    return launch(template, user=user, answers=answers, launch_type=LaunchType.RELAUNCH)
