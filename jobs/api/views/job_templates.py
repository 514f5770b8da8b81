from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.absent import AbsentSerializer, AbsentSublist
from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.roles import give_to_creator
from api.changes import announce_created
from api.schema import ANY_OBJECT
from inventories.models import Inventory
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.job_templates import JobTemplateSerializer
from jobs.api.serializers.jobs import JobListSerializer
from jobs.api.serializers.launching import CopySerializer, LaunchSerializer, launch_preview
from jobs.api.serializers.templates import check_name_is_free
from jobs.api.views.base import ObjectEndpoint, ReadableSublist, asker
from jobs.api.views.jobs import JOBS, job_answer
from jobs.api.views.templates import TemplateViewSet
from jobs.attaching import launch_problems
from jobs.copying import copy
from jobs.exceptions import CannotLaunch
from jobs.launching import launch
from jobs.models import JobTemplate
from jobs.prompt_rules import check_usable
from jobs.prompts import LaunchAnswers, accept
from jobs.querysets import with_run_state
from jobs.recorded import OF_JOBS
from jobs.roles import JOB_TEMPLATE_ROLES
from jobs.statuses import Status

TEMPLATES = JobTemplate.objects.select_related(
    "organization",
    "project__default_environment",
    "execution_environment",
    "webhook_credential__credential_type",
    "created_by",
    "modified_by",
).prefetch_related("credentials__credential_type", WITH_TOTALS)


class JobTemplateViewSet(TemplateViewSet):
    """HTTP requests that can be launched and scheduled: what is called, with what, and what counts as success."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = JobTemplateSerializer
    secret_fields = ("survey_spec", "webhook_key")
    object_roles = tuple(JOB_TEMPLATE_ROLES)


class TemplateObjectRoles(ObjectRoles):
    """The roles of one job template."""

    parents = JobTemplate.objects.all()


class TemplateAccessList(AccessList):
    """The users who may read one job template, with the roles that let them."""

    parents = JobTemplate.objects.select_related("organization")


class TemplateLaunch(ObjectEndpoint):
    """GET says what a launch asks for; POST launches, with the answers to the template's prompts.

    What the template does not ask for is ignored, and listed as `ignored_fields`.
    """

    action = "launch"
    queryset = TEMPLATES
    serializer_class = LaunchSerializer

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response(launch_preview(self.get_object()))

    @extend_schema(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        serializer = LaunchSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        answers = accept(
            template,
            extra_vars=serializer.validated_data.get("extra_vars"),
            prompts=serializer.prompts(),
        )
        self._check(template, answers, serializer.validated_data)
        try:
            job = launch(template, user=asker(request), answers=answers)
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        return job_answer(self, job, {"ignored_fields": answers.ignored})

    def _check(self, template: JobTemplate, answers: LaunchAnswers, sent: dict[str, Any]) -> None:
        """Raises ValidationError, and PermissionDenied where the asker may not use what the template does not have."""
        problems = answers.errors | launch_problems(
            template,
            sent=sent.get("credentials"),
            accepted=answers.credentials,
            passwords=sent.get("credential_passwords") or {},
        )
        given = answers.prompts.get("inventory")
        inventory = given or template.inventory
        if inventory is not None and inventory.pending_deletion:
            whose = "provided inventory" if given else "inventory associated with this Job Template"
            problems["inventory"] = [f"The {whose} is being deleted."]
        if problems:
            raise ValidationError(problems)
        check_usable(self.request.user, answers.prompts)


class TemplateCopy(ObjectEndpoint):
    """GET says whether the asker may copy the template; POST makes the copy, under another name."""

    action = "copy"
    queryset = with_run_state(TEMPLATES)
    serializer_class = CopySerializer

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        shown = JobTemplateSerializer(context=self.get_serializer_context())
        return Response({"can_copy": shown.may("copy", self.get_object())})

    @extend_schema(responses={201: JobTemplateSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        serializer = CopySerializer(
            data=request.data, context={**self.get_serializer_context(), "original": template}
        )
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        check_name_is_free(JobTemplate, name=name, organization=template.organization)
        copied = copy(template, name=name, user=asker(request))
        give_to_creator(copied, asker(request))
        made = JobTemplateSerializer(
            self.get_queryset().get(pk=copied.pk), context=self.get_serializer_context()
        )
        shown: dict[str, Any] = dict(made.data)
        announce_created(request, made)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


class TemplateJobs(ReadableSublist):
    """The runs of one job template."""

    queryset = JOBS
    computed = tuple(OF_JOBS)
    serializer_class = JobListSerializer
    parents = JobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"


class SliceSerializer(AbsentSerializer):
    object_type = "workflow_job"
    model_name = "WorkflowJob"

    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    name = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    failed = serializers.BooleanField(read_only=True)
    started = serializers.DateTimeField(read_only=True)
    finished = serializers.DateTimeField(read_only=True)


class TemplateSlices(AbsentSublist):
    """AWX's runs of a template that were cut into slices. Belfry cuts none."""

    serializer_class = SliceSerializer
    parents = JobTemplate.objects.all()


class InventoryTemplates(ReadableSublist):
    """The job templates that call the hosts of one inventory."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = JobTemplateSerializer
    parents = Inventory.objects.all()
    parent_relation: ClassVar[str] = "inventory"
