"""Nodes of workflows, and of their runs, as resources."""

from copy import copy
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from api.fields import PrimaryKeyField
from api.serializers import ResourceSerializer
from instances.api.summaries import of_environment
from instances.models import ExecutionEnvironment
from inventories.api.serializers.inventories import inventory_summary
from inventories.models import Inventory
from jobs.answering import problems_so_far, seal, set_variables
from jobs.api.serializers.prompts import PROMPT_NAMES, PromptFields
from jobs.api.serializers.summaries import of_template, of_unified_template
from jobs.exceptions import InvalidAnswers
from jobs.kinds import own_of
from jobs.statuses import TemplateKind
from jobs.surveys import masked
from workflows.editing import change_node
from workflows.models import EDGES, LISTS, WorkflowJobNode, WorkflowJobTemplateNode

SUBLISTS = (*LISTS, *EDGES)
# What a node without a template takes (AWX's rule).
WITHOUT_TEMPLATE = (
    "workflow_job_template",
    "identifier",
    "unified_job_template",
    "all_parents_must_converge",
)
NODE_FIELDS = (
    "extra_data",
    "inventory",
    *PROMPT_NAMES,
    "execution_environment",
)


class NextNodes(serializers.ManyRelatedField):
    """The ids of the nodes that follow; they are changed by lists of their own."""

    metadata_type = "field"

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {
            "child_relation": serializers.PrimaryKeyRelatedField[Any](read_only=True),
            "read_only": True,
        }
        super().__init__(**kwargs)


class NodeSerializer(PromptFields, ResourceSerializer):
    """What both kinds of node have."""

    extra_data = serializers.JSONField(
        required=False, initial=dict, help_text="Parameters that the node launches its template with."
    )
    inventory = PrimaryKeyField(queryset=Inventory.objects.all(), required=False, allow_null=True)
    execution_environment = PrimaryKeyField(
        queryset=ExecutionEnvironment.objects.all(), required=False, allow_null=True
    )
    success_nodes = NextNodes()
    failure_nodes = NextNodes()
    always_nodes = NextNodes()

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        related = super().get_related(obj) | {name: f"{own}{name}/" for name in SUBLISTS}
        template = obj.unified_job_template
        if template is not None:
            related["unified_job_template"] = f"/api/v2/{template.kind}s/{template.pk}/"
        if obj.inventory_id:
            related["inventory"] = f"/api/v2/inventories/{obj.inventory_id}/"
        if obj.execution_environment_id:
            key = obj.execution_environment_id
            related["execution_environment"] = f"/api/v2/execution_environments/{key}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        template = obj.unified_job_template
        if template is not None:
            summary["unified_job_template"] = of_unified_template(template)
            if template.kind == TemplateKind.WORKFLOW_APPROVAL_TEMPLATE:
                summary["unified_job_template"]["timeout"] = template.as_workflow_approval_template.timeout
        if obj.inventory:
            summary["inventory"] = inventory_summary(obj.inventory)
        if obj.execution_environment:
            summary["execution_environment"] = of_environment(obj.execution_environment)
        return summary

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {
            "extra_data": masked(instance.variables, instance.secret_variables)
            if instance.secret_variables
            else instance.extra_data,
            **{name: instance.prompts.get(name) for name in PROMPT_NAMES},
        }


class WorkflowJobTemplateNodeSerializer(NodeSerializer, RuledSerializer):
    resource = "workflow_job_template_nodes"
    object_type = "workflow_job_template_node"

    class Meta:
        model = WorkflowJobTemplateNode
        fields: ClassVar = [
            *NODE_FIELDS,
            *("workflow_job_template", "unified_job_template", *EDGES),
            *("all_parents_must_converge", "identifier"),
        ]
        extra_kwargs: ClassVar = {
            "unified_job_template": {"help_text": "What the node launches."},
            "workflow_job_template": {"help_text": "The workflow that the node is part of."},
            "all_parents_must_converge": {
                "help_text": "If enabled then the node will only run if all of the parent nodes have met the criteria "
                "to reach this node"
            },
            "identifier": {
                "help_text": "A name for the node that is unique in its workflow, and kept by copies and runs of it."
            },
        }

    def get_fields(self) -> dict[str, Any]:
        """A node stays in its workflow."""
        fields: dict[str, Any] = super().get_fields()
        if getattr(self.context.get("view"), "detail", False):
            fields["workflow_job_template"].read_only = True
        return fields

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {
            "create_approval_template": f"{self.get_url(obj)}create_approval_template/",
            "workflow_job_template": f"/api/v2/workflow_job_templates/{obj.workflow_job_template_id}/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return super().get_summary_fields(obj) | {
            "workflow_job_template": of_template(obj.workflow_job_template)
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, WorkflowJobTemplateNode) else None
        answered = {name: attrs.pop(name) for name in PROMPT_NAMES if name in attrs}
        if stored is not None and not self.partial:
            # What a PUT leaves out is answered no more (AWX's way).
            answered = dict.fromkeys(PROMPT_NAMES) | answered
            attrs.setdefault("extra_data", {})
        candidate = copy(stored) if stored else WorkflowJobTemplateNode()
        for name, value in attrs.items():
            setattr(candidate, name, value)
        if candidate.unified_job_template is None:
            return {name: value for name, value in attrs.items() if name in WITHOUT_TEMPLATE}
        if answered:
            prompts = (stored.prompts if stored else {}) | answered
            attrs["prompts"] = {name: value for name, value in prompts.items() if value is not None}
            candidate.prompts = attrs["prompts"]
        own = own_of(candidate.unified_job_template)
        if own is None:
            raise ValidationError({"unified_job_template": ["The template was deleted meanwhile."]})
        if "extra_data" in attrs:
            candidate.extra_data = stored.extra_data if stored else {}
            try:
                set_variables(candidate, attrs["extra_data"], own)
            except InvalidAnswers as error:
                raise ValidationError({"extra_data": [str(error)]}) from None
        found = problems_so_far(candidate, own)
        if found:
            raise ValidationError(found)
        if "extra_data" in attrs:
            seal(candidate, own)
            attrs["extra_data"] = candidate.extra_data
            attrs["secret_variables"] = candidate.secret_variables
        return attrs

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return change_node(instance, validated_data)


class WorkflowJobNodeSerializer(NodeSerializer):
    """A node of a run, and the run that it launched."""

    resource = "workflow_job_nodes"
    object_type = "workflow_job_node"
    capabilities: ClassVar[tuple[str, ...]] = ()

    class Meta:
        model = WorkflowJobNode
        fields: ClassVar = [
            *NODE_FIELDS,
            *("job", "workflow_job", "unified_job_template", *EDGES),
            *("all_parents_must_converge", "do_not_run", "identifier"),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj) | {"workflow_job": f"/api/v2/workflow_jobs/{obj.workflow_job_id}/"}
        if obj.job:
            related["job"] = f"/api/v2/{obj.job.kind}s/{obj.job.pk}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        summary.pop("user_capabilities", None)
        summary["workflow_job"] = {
            name: getattr(obj.workflow_job, name) for name in ("id", "name", "description")
        }
        if obj.job:
            names = ("id", "name", "description", "status", "failed")
            summary["job"] = {name: getattr(obj.job, name) for name in names} | {
                "elapsed": float(obj.job.elapsed),
                "type": obj.job.kind,
            }
        return summary
