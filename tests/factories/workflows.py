from itertools import count
from typing import Any

from jobs.models import UnifiedJobTemplate
from jobs.statuses import TemplateKind
from workflows.editing import make_approval
from workflows.models import (
    WorkflowJobTemplate,
    WorkflowJobTemplateNode,
)

_numbers = count(1)


def make_workflow(**values: Any) -> WorkflowJobTemplate:
    values = {"name": f"Workflow {next(_numbers)}"} | values
    return WorkflowJobTemplate.objects.create(kind=TemplateKind.WORKFLOW_JOB_TEMPLATE, **values)


def make_node(
    workflow: WorkflowJobTemplate, template: UnifiedJobTemplate | None = None, **values: Any
) -> WorkflowJobTemplateNode:
    base = template and UnifiedJobTemplate.objects.get(pk=template.pk)
    return WorkflowJobTemplateNode.objects.create(
        workflow_job_template=workflow, unified_job_template=base, **values
    )


def make_step(workflow: WorkflowJobTemplate, **values: Any) -> WorkflowJobTemplateNode:
    """A node that waits for approval."""
    node = make_node(workflow)
    make_approval(node, user=None, **({"name": f"Step {next(_numbers)}"} | values))
    return node
