"""Steps at which a workflow waits for a decision: their templates, and their runs."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from rest_framework import serializers

from access.api.object_roles import remembering_for
from access.api.serializers import RuledSerializer
from access.rules import may_act
from api.serializers import ResourceSerializer, user_summary
from jobs.api.serializers.jobs import JobListSerializer
from jobs.api.serializers.summaries import of_template
from jobs.api.serializers.surroundings import related_of_run, summaries_of_run
from jobs.api.serializers.templates import UnifiedJobTemplateSerializer
from jobs.statuses import Status, TemplateKind
from workflows.models import WorkflowApproval, WorkflowApprovalTemplate


class WorkflowApprovalTemplateSerializer(UnifiedJobTemplateSerializer):
    resource = "workflow_approval_templates"
    object_type = "workflow_approval_template"
    kind = TemplateKind.WORKFLOW_APPROVAL_TEMPLATE

    class Meta:
        model = WorkflowApprovalTemplate
        fields: ClassVar = [
            *("name", "description"),
            *("last_job_run", "last_job_failed", "next_job_run", "status", "timeout"),
        ]

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"jobs": f"/api/v2/workflow_approval_templates/{obj.pk}/approvals/"}

    def _check_unique(self, attrs: dict[str, Any]) -> None:
        """Many steps may have one name."""


class NewApprovalSerializer(serializers.ModelSerializer[WorkflowApprovalTemplate]):
    """What makes a node one that waits for a decision."""

    class Meta:
        model = WorkflowApprovalTemplate
        fields: ClassVar = ["timeout", "name", "description"]


class WorkflowApprovalListSerializer(JobListSerializer):
    resource = "workflow_approvals"
    object_type = "workflow_approval"

    can_approve_or_deny = serializers.SerializerMethodField()
    approval_expiration = serializers.SerializerMethodField()
    timed_out = serializers.BooleanField(source="approval.timed_out", default=False, read_only=True)

    class Meta:
        model = WorkflowApproval
        fields: ClassVar = [
            *("name", "description"),
            *("unified_job_template", "launch_type", "status", "execution_environment", "failed", "started"),
            *("finished", "canceled_on", "elapsed", "job_explanation", "launched_by", "work_unit_id"),
            *("can_approve_or_deny", "approval_expiration", "timed_out"),
        ]
        read_only_fields = fields

    def get_can_approve_or_deny(self, obj: Any) -> bool:
        with remembering_for(self):
            return obj.status == Status.PENDING and may_act(self.context["request"].user, obj, "approve")

    def get_approval_expiration(self, obj: Any) -> datetime | None:
        if obj.status != Status.PENDING or obj.timeout <= 0:
            return None
        expires: datetime = obj.created + timedelta(seconds=obj.timeout)
        return expires

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/workflow_approvals/{obj.pk}"
        related = ResourceSerializer.get_related(self, obj) | related_of_run(obj)
        related |= {name: f"{own}/{name}/" for name in ("approve", "deny")}
        if "unified_job_template" in related:
            related["workflow_approval_template"] = related["unified_job_template"]
        if obj.approval.approved_or_denied_by_id:
            related["approved_or_denied_by"] = f"/api/v2/users/{obj.approval.approved_or_denied_by_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = RuledSerializer.get_summary_fields(self, obj) | summaries_of_run(obj)
        if obj.unified_job_template:
            summary["workflow_approval_template"] = of_template(obj.unified_job_template) | {
                "timeout": obj.timeout
            }
        if "source_workflow_job" in summary:
            source = summary["source_workflow_job"]
            summary["workflow_job"] = {name: source[name] for name in ("id", "name", "description")}
        if obj.approval.approved_or_denied_by:
            summary["approved_or_denied_by"] = user_summary(obj.approval.approved_or_denied_by)
        return summary


class WorkflowApprovalSerializer(WorkflowApprovalListSerializer):
    """An approval as its own page shows it."""

    class Meta(WorkflowApprovalListSerializer.Meta):
        fields: ClassVar = [
            *WorkflowApprovalListSerializer.Meta.fields,
            *("result_traceback", "event_processing_finished"),
        ]
        read_only_fields = fields

    event_processing_finished = serializers.BooleanField(source="is_finished", read_only=True)
