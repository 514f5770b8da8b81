from typing import ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import BigIntegerField, Value
from rest_framework import status
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.views import ReadableSublist, asker
from access.models import User
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from jobs.api.activity import announce_launch
from jobs.api.serializers.project_updates import ProjectUpdateListSerializer, ProjectUpdateSerializer
from jobs.api.serializers.projects import ProjectSerializer, ServiceSerializer
from jobs.api.views.copying import Copy
from jobs.api.views.project_updates import UPDATES
from jobs.api.views.templates import TemplateViewSet
from jobs.copying import copy
from jobs.exceptions import CannotLaunch
from jobs.launching import launch
from jobs.limits import limits_changed, state_of
from jobs.models import Project
from jobs.prompts import LaunchAnswers
from jobs.querysets import COMPUTED, with_run_state
from jobs.recorded import OF_PROJECT_UPDATES
from jobs.roles import PROJECT_ROLES

# Keys of AWX's that are null here.
ABSENT = ("credential", "signature_validation_credential")
PROJECTS = Project.objects.select_related(
    "organization", "default_environment", "created_by", "modified_by"
).alias(**{name: Value(None, output_field=BigIntegerField(null=True)) for name in ABSENT})


class ProjectViewSet(TemplateViewSet):
    """Services that own endpoints; `scm_url` is a service's base URL, `catalog_url` where it lists them."""

    queryset = with_run_state(PROJECTS)
    serializer_class = ProjectSerializer
    object_roles = tuple(PROJECT_ROLES)
    computed = (*COMPUTED, *ABSENT)


class ProjectObjectRoles(ObjectRoles):
    """The roles of one project."""

    parents = Project.objects.all()


class ProjectAccessList(AccessList):
    """The users who may read one project, with the roles that let them."""

    parents = Project.objects.select_related("organization")


class ProjectFetch(OneObject):
    """GET says whether the project has a catalogue to fetch; POST fetches it, as a run of its own."""

    name = "Project update"
    action = "update"
    queryset = PROJECTS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_update": self.get_object().has_catalogue})

    @OpenApi(request=None, responses={202: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        project = self.get_object()
        if not project.has_catalogue:
            raise MethodNotAllowed("POST")
        try:
            run = launch(project, user=asker(request), answers=LaunchAnswers())
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        made = UPDATES.get(pk=run.pk)
        shown = dict(ProjectUpdateSerializer(made, context=self.get_serializer_context()).data)
        announce_launch(request, made, shown)
        return Response(
            {"project_update": made.pk, **shown},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": shown["url"]},
        )


class ProjectEndpoints(OneObject):
    """The endpoints that the project's catalogue named when it was fetched last: a sorted list of texts.

    Job templates may call others, too.
    """

    action = "playbooks"
    queryset = PROJECTS

    @OpenApi(responses={200: {"type": "array", "items": {"type": "string"}}})
    def get(self, request: Request, pk: int) -> Response:
        project: Project = self.get_object()
        try:
            return Response(sorted(project.catalogue.endpoints))
        except ObjectDoesNotExist:
            return Response([])


class ProjectService(OneObject):
    """How the service is, as all workers see it: its circuit breaker, and the calls that its limits count."""

    queryset = PROJECTS
    serializer_class = ServiceSerializer

    @OpenApi(responses={200: ServiceSerializer})
    def get(self, request: Request, pk: int) -> Response:
        return Response(ServiceSerializer(state_of(self.get_object())).data)


class ProjectInventoryFiles(OneObject):
    """The inventory files in AWX's checkout of a project. There is none: hosts come from feeds."""

    queryset = PROJECTS

    @OpenApi(responses={200: {"type": "array", "items": {"type": "string"}}})
    def get(self, request: Request, pk: int) -> Response:
        self.get_object()
        return Response([])


class ProjectUpdates(ReadableSublist):
    """The updates of one project: each fetched its catalogue, or tried to."""

    queryset = UPDATES
    computed = tuple(OF_PROJECT_UPDATES)
    serializer_class = ProjectUpdateListSerializer
    parents = Project.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"


class ProjectCopy(Copy):
    """GET says whether the asker may copy the project; POST makes the copy, under another name, and fetches for it."""

    queryset = with_run_state(PROJECTS)
    shown_by = ProjectSerializer

    def make_copy(self, original: Project, name: str, user: User) -> Project:
        made = copy(original, name=name, user=user)
        limits_changed(made)
        ProjectSerializer(context=self.get_serializer_context()).fetch(made)
        return made
