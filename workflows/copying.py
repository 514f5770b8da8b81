"""A second workflow like the first: its nodes, with what the user may use of what they launch, and their paths."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from access.models import User
from access.rules import may_act
from inventories.models import Inventory
from jobs.copying import copy
from jobs.models import UnifiedJobTemplate
from jobs.statuses import TemplateKind
from workflows.edges import copy_relations
from workflows.editing import make_approval
from workflows.models import LISTS, WorkflowJobTemplate, WorkflowJobTemplateNode

COPIED = (
    *("identifier", "all_parents_must_converge", "extra_data", "secret_variables", "prompts", "inventory"),
    "execution_environment",
)


@dataclass
class Lacking:
    """What the nodes of a copy would do without, since the user may not use it."""

    templates: dict[int, UnifiedJobTemplate] = field(default_factory=dict)
    credentials: dict[int, Any] = field(default_factory=dict)
    inventories: dict[int, Inventory] = field(default_factory=dict)

    def names(self) -> dict[str, list[str]]:
        """In AWX's form."""
        return {
            "templates_unable_to_copy": [one.name for one in self.templates.values()],
            "credentials_unable_to_copy": [one.name for one in self.credentials.values()],
            "inventories_unable_to_copy": [one.name for one in self.inventories.values()],
        }


def not_copied(workflow: WorkflowJobTemplate, *, user: User) -> Lacking:
    lacking = Lacking()
    nodes = _nodes(workflow)
    templates = {node.unified_job_template for node in nodes if node.unified_job_template}
    for template in templates:
        if template.kind != TemplateKind.WORKFLOW_APPROVAL_TEMPLATE and not may_act(user, template, "launch"):
            lacking.templates[template.pk] = template
    for credential in {one for node in nodes for one in node.credentials.all()}:
        if not may_act(user, credential, "use"):
            lacking.credentials[credential.pk] = credential
    for inventory in {node.inventory for node in nodes if node.inventory}:
        if not may_act(user, inventory, "use"):
            lacking.inventories[inventory.pk] = inventory
    return lacking


def copy_workflow(workflow: WorkflowJobTemplate, *, name: str, user: User) -> WorkflowJobTemplate:
    """Save and return a copy with nodes of its own. The name must be free."""
    made = copy(workflow, name=name, user=user)
    made.labels.set(workflow.labels.all())
    lacking = not_copied(workflow, user=user)
    copies: dict[int, int] = {}
    for node in _nodes(workflow):
        values = {name: getattr(node, name) for name in COPIED}
        if node.inventory_id in lacking.inventories:
            values["inventory"] = None
        copied = WorkflowJobTemplateNode.objects.create(workflow_job_template=made, **values)
        _give_template(copied, node.unified_job_template, lacking, user)
        copies[node.pk] = copied.pk
    copy_relations(WorkflowJobTemplateNode, WorkflowJobTemplateNode, [copies])
    for copied in made.workflow_job_template_nodes.all():
        copied.credentials.remove(*lacking.credentials.values())
    return made


def _give_template(
    node: WorkflowJobTemplateNode, template: UnifiedJobTemplate | None, lacking: Lacking, user: User
) -> None:
    if template is None or template.pk in lacking.templates:
        return
    if template.kind == TemplateKind.WORKFLOW_APPROVAL_TEMPLATE:
        step = template.as_workflow_approval_template
        make_approval(node, user=user, name=step.name, description=step.description, timeout=step.timeout)
        return
    node.unified_job_template = template
    node.save(update_fields=["unified_job_template"])


def _nodes(workflow: WorkflowJobTemplate) -> Sequence[WorkflowJobTemplateNode]:
    return list(
        workflow.workflow_job_template_nodes.select_related(
            "unified_job_template__as_workflow_approval_template", "inventory"
        ).prefetch_related(*LISTS)
    )
