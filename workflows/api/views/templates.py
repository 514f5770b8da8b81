from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.models import Organization
from access.roles import give_to_creator
from api.changes import announce_created
from api.schema import ANY_OBJECT
from api.views import Sublist
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.launching import CopySerializer
from jobs.api.serializers.templates import check_name_is_free
from jobs.api.views.base import ObjectEndpoint, asker
from jobs.api.views.labels import AttachedLabels
from jobs.api.views.surveys import SurveySpec
from jobs.api.views.templates import TemplateViewSet
from jobs.querysets import with_run_state
from workflows.api.serializers.templates import WorkflowJobTemplateSerializer
from workflows.copying import copy_workflow, not_copied
from workflows.models import WorkflowJobTemplate
from workflows.roles import WORKFLOW_ROLES

TEMPLATES = WorkflowJobTemplate.objects.select_related(
    "organization", "webhook_credential__credential_type", "created_by", "modified_by"
).prefetch_related(WITH_TOTALS)


class WorkflowJobTemplateViewSet(TemplateViewSet):
    """Templates that are launched one after another, each after those before it have ended as its paths say."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = WorkflowJobTemplateSerializer
    secret_fields = ("survey_spec", "webhook_key")
    object_roles = tuple(WORKFLOW_ROLES)


class OrganizationWorkflows(Sublist):
    """The workflow job templates of one organization."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = WorkflowJobTemplateSerializer
    parents: ClassVar[QuerySet[Any]] = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"
    parent_field: ClassVar[str] = "organization"

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        give_to_creator(serializer.instance, asker(self.request))
        serializer.instance = self.get_queryset().get(pk=serializer.instance.pk)


class WorkflowObjectRoles(ObjectRoles):
    """The roles of one workflow job template."""

    parents = WorkflowJobTemplate.objects.all()


class WorkflowAccessList(AccessList):
    """The users who may read one workflow job template, with the roles that let them."""

    parents = WorkflowJobTemplate.objects.select_related("organization")


class WorkflowLabels(AttachedLabels):
    """The labels of one workflow job template."""

    parents = WorkflowJobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_templates"


class WorkflowSurvey(SurveySpec):
    """The survey of one workflow job template."""

    queryset = WorkflowJobTemplate.objects.all()


class WorkflowCopy(ObjectEndpoint):
    """GET says whether the asker may copy the workflow, and what of it the copy would lack; POST makes the copy."""

    action = "copy"
    queryset = with_run_state(TEMPLATES)
    serializer_class = CopySerializer

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        workflow = self.get_object()
        can_copy = WorkflowJobTemplateSerializer(context=self.get_serializer_context()).may("copy", workflow)
        lacks = not_copied(workflow, user=asker(request)).names() if can_copy else ALL
        return Response(
            {
                "can_copy": can_copy,
                "can_copy_without_user_input": can_copy and not any(lacks.values()),
                **lacks,
            }
        )

    @extend_schema(responses={201: WorkflowJobTemplateSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        workflow = self.get_object()
        serializer = CopySerializer(
            data=request.data, context={**self.get_serializer_context(), "original": workflow}
        )
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        check_name_is_free(WorkflowJobTemplate, name=name, organization=workflow.organization)
        copied = copy_workflow(workflow, name=name, user=asker(request))
        give_to_creator(copied, asker(request))
        made = WorkflowJobTemplateSerializer(
            self.get_queryset().get(pk=copied.pk), context=self.get_serializer_context()
        )
        shown: dict[str, Any] = dict(made.data)
        announce_created(request, made)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


# Of a workflow that cannot be copied (AWX's form).
ALL = {
    name: ["all"]
    for name in ("templates_unable_to_copy", "credentials_unable_to_copy", "inventories_unable_to_copy")
}
