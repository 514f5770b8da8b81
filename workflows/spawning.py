"""The runs that a workflow launches: a node's template with the node's answers, the workflow's, and what the nodes
before it answered.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs.exceptions import CannotLaunch
from jobs.kinds import kind_of, templates_for_launch
from jobs.launching import build_run, insert_runs, missing_resources
from jobs.models import Prompting, UnifiedJob, UnifiedJobTemplate
from jobs.prompts import LaunchAnswers, accept
from jobs.statuses import LaunchType, Status, TemplateKind
from workflows.models import WorkflowJob, WorkflowJobNode
from workflows.slicing import slice_of

Spawning = tuple[WorkflowJob, WorkflowJobNode, Sequence[WorkflowJobNode]]

MISSING = (
    "Job spawned from workflow could not start because it was missing a related resource "
    "such as project or inventory"
)
RECURSION = (
    "Workflow Job spawned from workflow could not start because it would result in recursion "
    "(spawn order, most recent first: {})"
)


def spawn(wanted: Sequence[Spawning]) -> None:
    """Make the runs of nodes, which are given as (workflow's run, node, nodes before it), and set each node's `job`.

    A run that cannot be is made as well, and has failed. The nodes are not saved.
    """
    now = timezone.now()
    slices = Counter(
        WorkflowJobNode.objects.order_by()
        .filter(workflow_job__in=[workflow.pk for workflow, _, _ in wanted if workflow.is_sliced_job])
        .values_list("workflow_job", flat=True)
    )
    templates = templates_for_launch({node.unified_job_template_id or 0 for _, node, _ in wanted})
    made = []
    for workflow, node, parents in wanted:
        template = templates[node.unified_job_template_id or 0]
        own_slice = slice_of(node, workflow, slices[workflow.pk])
        if own_slice is None:
            node.ancestor_artifacts = _artifacts(parents)
        answers = replace(
            _answers(template, workflow, node),
            slice=own_slice,
            run_policy=workflow.request.get("policy_overrides", {}),
        )
        made.append((_run_of(template, workflow, answers, now), answers))
    insert_runs(made)
    for (_, node, _), (run, _) in zip(wanted, made, strict=True):
        node.job = run


def _artifacts(parents: Sequence[WorkflowJobNode]) -> dict[str, Any]:
    together: dict[str, Any] = {}
    for parent in parents:
        together |= parent.ancestor_artifacts
        if parent.job is not None:
            together |= parent.job.artifacts
    return together


def _answers(template: UnifiedJobTemplate, workflow: WorkflowJob, node: WorkflowJobNode) -> LaunchAnswers:
    """What `template` takes of the answers: the workflow's come before the node's (AWX's order).

    The workflow's parameters, and what was answered before, are handed on whether the template asks or not.
    """
    handed_on = {name: value for name, value in workflow.prompts.items() if value is not None}
    if workflow.inventory is not None:
        handed_on["inventory"] = workflow.inventory
    answers = accept(
        template,
        extra_vars=node.variables,
        prompts=node.answers | handed_on,
        secrets=node.secret_variables,
    )
    if Prompting.of(template) is None:
        return answers
    answered = {} if workflow.is_sliced_job else node.ancestor_artifacts
    return replace(
        answers,
        extra_vars=answers.extra_vars | answered | workflow.extra_vars,
        secrets=answers.secrets | set(workflow.secret_variables),
    )


def _run_of(
    template: UnifiedJobTemplate, workflow: WorkflowJob, answers: LaunchAnswers, now: datetime
) -> UnifiedJob:
    problem = MISSING if missing_resources(template) else _recursion(template, workflow)
    if not problem:
        try:
            return build_run(
                template,
                answers=answers,
                launch_type=LaunchType.WORKFLOW,
                user=workflow.created_by,
                now=now,
            )
        except CannotLaunch:
            problem = MISSING
    return UnifiedJob(
        kind=kind_of(template).job_kind,
        name=template.name,
        description=template.description,
        unified_job_template_id=template.pk,
        organization_id=template.organization_id,
        created_by=workflow.created_by,
        launch_type=LaunchType.WORKFLOW,
        status=Status.FAILED,
        job_explanation=problem,
        created=now,
        finished=now,
    )


def _recursion(template: UnifiedJobTemplate, workflow: WorkflowJob) -> str:
    """Why a workflow cannot be launched that is already going further up; empty where it is not."""
    if template.kind != TemplateKind.WORKFLOW_JOB_TEMPLATE:
        return ""
    above: list[tuple[int | None, str]] = []
    job: UnifiedJob | None = workflow
    while job is not None:
        above.append((job.unified_job_template_id, job.name))
        node = WorkflowJobNode.objects.select_related("workflow_job").filter(job=job.pk).first()
        job = node.workflow_job if node else None
    if template.pk not in {pk for pk, _ in above}:
        return ""
    return RECURSION.format(", ".join(f"<{name}>" for name in [template.name, *(name for _, name in above)]))
