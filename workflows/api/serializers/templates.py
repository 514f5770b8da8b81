"""Workflow job templates as resources."""

from typing import Any, ClassVar

from rest_framework import serializers

from api.fields import PrimaryKeyField, VariablesField
from inventories.api.serializers.inventories import inventory_summary
from inventories.models import Inventory
from jobs.api.serializers.history import HISTORY_FIELDS, HistoryFields
from jobs.api.serializers.summaries import with_wire_times
from jobs.api.serializers.templates import UnifiedJobTemplateSerializer
from jobs.api.serializers.webhooks import WebhookFields
from jobs.labels import in_summary
from jobs.statuses import TemplateKind
from workflows.models import WorkflowJobTemplate

SUBLISTS = (
    "workflow_jobs",
    "schedules",
    "launch",
    "workflow_nodes",
    "labels",
    "access_list",
    "object_roles",
    "copy",
    "survey_spec",
    "statistics",
    "audit",
)


class WorkflowJobTemplateSerializer(HistoryFields, WebhookFields, UnifiedJobTemplateSerializer):
    resource = "workflow_job_templates"
    object_type = "workflow_job_template"
    kind = TemplateKind.WORKFLOW_JOB_TEMPLATE
    role_kind = TemplateKind.WORKFLOW_JOB_TEMPLATE

    extra_vars = VariablesField(
        required=False,
        allow_blank=True,
        help_text="Parameters of all runs of the workflow: a JSON object or a YAML mapping.",
    )
    inventory = PrimaryKeyField(
        queryset=Inventory.objects.all(),
        required=False,
        allow_null=True,
        help_text="Inventory applied as a prompt, assuming job template prompts for inventory",
    )
    limit = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    scm_branch = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1024)
    job_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    skip_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)

    class Meta:
        model = WorkflowJobTemplate
        fields: ClassVar = [
            *("name", "description"),
            *("last_job_run", "last_job_failed", "next_job_run", "status", "extra_vars", "organization"),
            *("survey_enabled", "allow_simultaneous", "ask_variables_on_launch", "inventory", "limit"),
            *("scm_branch", "ask_inventory_on_launch", "ask_scm_branch_on_launch", "ask_limit_on_launch"),
            *("webhook_service", "webhook_credential", "ask_labels_on_launch", "ask_skip_tags_on_launch"),
            *("ask_tags_on_launch", "skip_tags", "job_tags"),
            *HISTORY_FIELDS,
        ]

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/workflow_job_templates/{obj.pk}"
        related = super().get_related(obj)
        if obj.inventory_id:
            related["inventory"] = f"/api/v2/inventories/{obj.inventory_id}/"
        return related | {name: f"{own}/{name}/" for name in SUBLISTS}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        recent = [{"type" if k == "kind" else k: v for k, v in run.items()} for run in obj.recent_jobs_data]
        summary = super().get_summary_fields(obj) | {
            "labels": in_summary(obj.labels_data),
            "recent_jobs": [with_wire_times(run) for run in recent],
        }
        if obj.inventory:
            summary["inventory"] = inventory_summary(obj.inventory)
        return summary
