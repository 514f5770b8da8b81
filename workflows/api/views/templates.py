from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.views import asker
from access.models import Organization, User
from access.roles import give_to_creator
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Sublist
from inventories.querysets import WITH_TOTALS
from jobs.api.views.copying import Copy
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


class WorkflowCopy(Copy):
    """GET says whether the asker may copy the workflow, and what of it the copy would lack; POST makes the copy."""

    queryset = with_run_state(TEMPLATES)
    shown_by = WorkflowJobTemplateSerializer
    openapi: ClassVar = {"POST": OpenApi(responses={201: WorkflowJobTemplateSerializer})}

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        workflow = self.get_object()
        can_copy = self.may_copy(workflow)
        lacks = not_copied(workflow, user=asker(request)).names() if can_copy else ALL
        return Response(
            {
                "can_copy": can_copy,
                "can_copy_without_user_input": can_copy and not any(lacks.values()),
                **lacks,
            }
        )

    def make_copy(self, original: WorkflowJobTemplate, name: str, user: User) -> WorkflowJobTemplate:
        return copy_workflow(original, name=name, user=user)


# Of a workflow that cannot be copied (AWX's form).
ALL = {
    name: ["all"]
    for name in ("templates_unable_to_copy", "credentials_unable_to_copy", "inventories_unable_to_copy")
}
