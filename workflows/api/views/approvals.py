"""Steps at which workflows wait for approval, what waits at them, and the decisions."""

from typing import Any, ClassVar

from django.db import transaction
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from access.api.views import ReadableSublist, asker
from api import changes
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Deleting, OneObject, Queried, Updating
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.surroundings import RUN_RELATIONS
from jobs.api.views.jobs import RunViewSet
from jobs.querysets import with_run_state
from workflows.api.serializers.approvals import (
    WorkflowApprovalListSerializer,
    WorkflowApprovalSerializer,
    WorkflowApprovalTemplateSerializer,
)
from workflows.approvals import decide, deny_pending
from workflows.exceptions import AlreadyDecided
from workflows.models import WorkflowApproval, WorkflowApprovalTemplate

APPROVALS = WorkflowApproval.objects.select_related(
    *RUN_RELATIONS,
    "unified_job_template__as_workflow_approval_template",
    "unified_job_node__workflow_job__unified_job_template__as_workflow_job_template",
    "approval__approved_or_denied_by",
).prefetch_related(WITH_TOTALS)


class ApprovalTemplateViewSet(mixins.RetrieveModelMixin, Updating, Deleting, Queried, GenericViewSet[Any]):
    """Steps at which workflows wait for approval. They are made by their nodes, and have no list."""

    queryset = with_run_state(
        WorkflowApprovalTemplate.objects.select_related("organization", "created_by", "modified_by")
    )
    serializer_class = WorkflowApprovalTemplateSerializer
    lookup_value_regex = r"\d+"

    def perform_destroy(self, instance: Any) -> None:
        deny_pending(instance)
        super().perform_destroy(instance)


class ApprovalsOfTemplate(ReadableSublist):
    """What has waited, or waits, at one step."""

    queryset = APPROVALS
    serializer_class = WorkflowApprovalListSerializer
    parents = WorkflowApprovalTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"


class WorkflowApprovalViewSet(RunViewSet):
    """What waits for a decision, and what was decided. They are made by workflows."""

    queryset = APPROVALS
    serializer_class = WorkflowApprovalListSerializer

    def get_serializer_class(self) -> Any:
        return WorkflowApprovalSerializer if self.detail else WorkflowApprovalListSerializer


class ApprovalDecision(OneObject):
    """POST decides; whoever decides first, decides. Only who has the workflow's `approval_role` may."""

    action = "approve"
    queryset = APPROVALS
    serializer_class = WorkflowApprovalSerializer
    approved: ClassVar[bool]

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @OpenApi(request=None, responses={204: None})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        approval = self.get_object()
        try:
            decide(approval, approved=self.approved, user=asker(request))
        except AlreadyDecided:
            text = "This workflow step has already been approved or denied."
            return Response({"error": text}, status=status.HTTP_400_BAD_REQUEST)
        decided = self.get_queryset().get(pk=approval.pk)
        change = {"status": [approval.status, decided.status]}
        changes.changed.send(
            type(decided), request=request, kind="workflow_approval", obj=decided, changes=change
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class Approve(ApprovalDecision):
    approved = True


class Deny(ApprovalDecision):
    approved = False
