"""What a launch of a workflow takes, and what it says beforehand."""

from typing import Any

from rest_framework import serializers

from api.fields import PrimaryKeyField
from inventories.models import Inventory
from jobs.answering import problems_so_far
from jobs.api.serializers.launching import LabelsField, LaunchVariablesField
from jobs.kinds import templates_for_launch
from jobs.prompts import ALL_SWITCHES, OBJECTS
from jobs.surveys import variables_needed
from workflows.models import WorkflowJobTemplate, WorkflowJobTemplateNode

ASK_NAMES = (
    *("ask_inventory_on_launch", "ask_limit_on_launch", "ask_scm_branch_on_launch"),
    *("ask_variables_on_launch", "ask_labels_on_launch", "ask_skip_tags_on_launch", "ask_tags_on_launch"),
)
DEFAULT_NAMES = ("extra_vars", "limit", "scm_branch", "skip_tags", "job_tags")


class WorkflowLaunchSerializer(serializers.Serializer[Any]):
    """The answers to a workflow's prompts. null is no answer."""

    extra_vars = LaunchVariablesField(
        required=False,
        allow_null=True,
        style={"base_template": "textarea.html"},
        help_text="Parameters of all runs of the workflow: an object, or a JSON object or YAML mapping as text.",
    )
    inventory = PrimaryKeyField(queryset=Inventory.objects.all(), required=False, allow_null=True)
    limit = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    scm_branch = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1024)
    labels: Any = LabelsField()
    skip_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    job_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)

    def prompts(self) -> dict[str, Any]:
        """The answers other than `extra_vars`."""
        return {name: value for name, value in self.validated_data.items() if name in ALL_SWITCHES}


def launch_preview(workflow: WorkflowJobTemplate) -> dict[str, Any]:
    """What a client asks before it launches: which prompts there are, and which nodes would fail."""
    nodes = list(
        workflow.workflow_job_template_nodes.select_related(*OBJECTS).prefetch_related(
            "credentials__credential_type", "labels", "instance_groups"
        )
    )
    needed = variables_needed(workflow)
    return {
        **{name: getattr(workflow, name) for name in ASK_NAMES},
        "can_start_without_user_input": not needed,
        "defaults": _defaults(workflow),
        "survey_enabled": workflow.survey_enabled and bool(workflow.survey_spec),
        "variables_needed_to_start": needed,
        "node_templates_missing": [node.pk for node in nodes if node.unified_job_template_id is None],
        "node_prompts_rejected": _rejected(nodes),
        "workflow_job_template_data": {
            "name": workflow.name,
            "id": workflow.pk,
            "description": workflow.description,
        },
    }


def _defaults(workflow: WorkflowJobTemplate) -> dict[str, Any]:
    labels = [{"id": label.pk, "name": label.name} for label in workflow.labels.all()]
    return {
        "inventory": {
            "name": workflow.inventory.name if workflow.inventory else None,
            "id": workflow.inventory_id,
        },
        **{name: getattr(workflow, name) for name in DEFAULT_NAMES},
        **({"labels": labels} if labels else {}),
    }


def _rejected(nodes: list[WorkflowJobTemplateNode]) -> list[int]:
    """The nodes whose answers their templates do not ask for any more."""
    templates = templates_for_launch({node.unified_job_template_id or 0 for node in nodes})
    return [
        node.pk
        for node in nodes
        if node.unified_job_template_id in templates
        and problems_so_far(node, templates[node.unified_job_template_id])
    ]
