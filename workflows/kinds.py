"""Workflows and their approvals as what can be launched."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from access.models import User
from access.roles import holding, holds, holds_somewhere
from inventories.querysets import WITH_TOTALS
from jobs.kinds import LaunchableKind
from jobs.models import UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, TemplateKind
from workflows.launching import copy_nodes
from workflows.models import Approval, WorkflowApprovalTemplate, WorkflowJobTemplate, WorkflowJobTemplateNode
from workflows.slicing import cut


class WorkflowKind(LaunchableKind):
    name = TemplateKind.WORKFLOW_JOB_TEMPLATE
    job_kind = JobKind.WORKFLOW_JOB
    model = WorkflowJobTemplate
    serializer = "workflows.api.serializers.templates.WorkflowJobTemplateSerializer"
    job_serializer = "workflows.api.serializers.jobs.WorkflowJobListSerializer"
    relations = ("webhook_credential__credential_type",)
    lists = (WITH_TOTALS,)

    def for_launch(self) -> QuerySet[Any]:
        return WorkflowJobTemplate.objects.select_related("organization", "inventory").prefetch_related(
            "labels", "organization__group_places"
        )

    def missing(self, template: WorkflowJobTemplate) -> list[str]:
        """Nothing: a node that has nothing to launch fails by itself."""
        return []

    def build(self, template: WorkflowJobTemplate, answers: LaunchAnswers) -> UnifiedJob:
        return UnifiedJob(
            extra_vars=answers.variables(template),
            prompts=answers.values(template),
            allow_simultaneous=template.allow_simultaneous,
        )

    def inserted(self, runs: Sequence[UnifiedJob]) -> None:
        copy_nodes([run for run in runs if not run.is_sliced_job])
        sliced = [run for run in runs if run.is_sliced_job]
        if sliced:
            cut(sliced)


class ApprovalKind(LaunchableKind):
    """It has no roles of its own: whoever reads, changes or executes its workflow may do so."""

    name = TemplateKind.WORKFLOW_APPROVAL_TEMPLATE
    is_listed = False
    job_kind = JobKind.WORKFLOW_APPROVAL
    model = WorkflowApprovalTemplate
    serializer = "workflows.api.serializers.approvals.WorkflowApprovalTemplateSerializer"
    job_serializer = "workflows.api.serializers.approvals.WorkflowApprovalListSerializer"

    def missing(self, template: WorkflowApprovalTemplate) -> list[str]:
        return []

    def build(self, template: WorkflowApprovalTemplate, answers: LaunchAnswers) -> UnifiedJob:
        return UnifiedJob(timeout=template.timeout, allow_simultaneous=True, started=timezone.now())

    def inserted(self, runs: Sequence[UnifiedJob]) -> None:
        Approval.objects.bulk_create(
            Approval(
                run_id=run.pk,
                expires=run.created + timedelta(seconds=run.timeout) if run.timeout > 0 else None,
            )
            for run in runs
        )

    def holding(self, user: User, role_field: str, *, path: str = "") -> Q:
        workflows = WorkflowJobTemplate.objects.order_by().filter(
            holding(user, TemplateKind.WORKFLOW_JOB_TEMPLATE, role_field, organization="organization_id")
        )
        return Q(**{f"{path}id__in": self._approvals_of(workflows)})

    def holds(self, user: User, template: WorkflowApprovalTemplate, role_field: str) -> bool:
        workflow = WorkflowJobTemplate.objects.filter(
            workflow_job_template_nodes__unified_job_template=template.pk
        ).first()
        return workflow is not None and holds(user, workflow, role_field)

    def may_launch_some(self, user: User) -> bool:
        return holds_somewhere(user, TemplateKind.WORKFLOW_JOB_TEMPLATE, self.launch_role)

    @staticmethod
    def _approvals_of(workflows: QuerySet[WorkflowJobTemplate]) -> QuerySet[Any, Any]:
        nodes = WorkflowJobTemplateNode.objects.order_by().filter(
            workflow_job_template__in=workflows.values("pk"), unified_job_template__isnull=False
        )
        return nodes.values("unified_job_template")
