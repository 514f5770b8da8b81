"""Changes of workflows' nodes: what belongs to a node goes with it."""

from typing import Any

from django.db import transaction

from access.models import User
from jobs.models import UnifiedJobTemplate
from jobs.statuses import TemplateKind
from workflows.approvals import deny_pending
from workflows.models import WorkflowApprovalTemplate, WorkflowJobTemplateNode


@transaction.atomic
def change_node(node: WorkflowJobTemplateNode, values: dict[str, Any]) -> WorkflowJobTemplateNode:
    """Store `values`; a step for approval that the node no longer is goes."""
    before = node.unified_job_template
    for name, value in values.items():
        setattr(node, name, value)
    node.save()
    if before is not None and before != node.unified_job_template:
        discard_approval(before)
    return node


@transaction.atomic
def make_approval(
    node: WorkflowJobTemplateNode, *, user: User | None, **values: Any
) -> WorkflowApprovalTemplate:
    """Let a node wait for approval, whatever it launched before."""
    made = WorkflowApprovalTemplate.objects.create(
        kind=TemplateKind.WORKFLOW_APPROVAL_TEMPLATE, created_by=user, modified_by=user, **values
    )
    change_node(node, {"unified_job_template": UnifiedJobTemplate.objects.get(pk=made.pk)})
    return made


def discard_approval(template: UnifiedJobTemplate) -> None:
    """Delete a template if it is a step for approval; whoever waits for its approval is denied it."""
    if template.kind == TemplateKind.WORKFLOW_APPROVAL_TEMPLATE:
        deny_pending(template)
        WorkflowApprovalTemplate.objects.filter(pk=template.pk).delete()
