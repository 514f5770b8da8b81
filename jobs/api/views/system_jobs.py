"""Housekeeping: its templates, of which there is one of each kind, and its runs. For superusers and auditors."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist, asker
from access.rules import sees_all
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, ReadOnlyResource
from jobs.api.serializers.launching import LaunchVariablesField
from jobs.api.serializers.system_jobs import (
    SYSTEM_JOB_RELATIONS,
    SystemJobListSerializer,
    SystemJobSerializer,
    SystemJobTemplateSerializer,
)
from jobs.api.views.jobs import RunViewSet
from jobs.api.views.project_updates import ProjectUpdateCancel
from jobs.api.views.record import JobEvent, JobEvents, JobStdout
from jobs.launching import launch
from jobs.models import SystemJob, SystemJobTemplate
from jobs.prompts import LaunchAnswers
from jobs.querysets import COMPUTED, with_run_state

TEMPLATES = SystemJobTemplate.objects.select_related(
    "organization", "execution_environment", "created_by", "modified_by"
)
RUNS = SystemJob.objects.select_related(*SYSTEM_JOB_RELATIONS)
RECORDED = RUNS.prefetch_related("attempts")


class ForSuperusers:
    """A list that says so to whoever may see none of it (AWX's words)."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not sees_all(request.user):
            raise PermissionDenied("Superuser privileges needed.")
        answer: Response = super().list(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class SystemJobTemplateViewSet(ForSuperusers, ReadOnlyResource):
    """What tidies up: old runs, old entries of the activity stream, expired sessions and tokens."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = SystemJobTemplateSerializer
    computed = COMPUTED


class SystemJobViewSet(ForSuperusers, RunViewSet):
    """Runs that tidied up, or do. They are made by launching, and can be deleted once they have ended."""

    queryset = RUNS
    serializer_class = SystemJobListSerializer

    def get_serializer_class(self) -> Any:
        return SystemJobSerializer if self.detail else SystemJobListSerializer


class SystemLaunchSerializer(serializers.Serializer[Any]):
    extra_vars = LaunchVariablesField(required=False, help_text="How old what is removed must be: days.")


class SystemJobLaunch(OneObject):
    """POST tidies up now; `extra_vars` may say how many days old what is removed must be."""

    action = "launch"
    queryset = TEMPLATES
    serializer_class = SystemLaunchSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.get_object()
        return Response({})

    @OpenApi(responses={201: ANY_OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        answers = LaunchAnswers(extra_vars=given.validated_data.get("extra_vars") or {})
        made = RUNS.get(pk=launch(template, user=asker(request), answers=answers).pk)
        shown = dict(SystemJobSerializer(made, context=self.get_serializer_context()).data)
        body = {"system_job": made.pk, **shown}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


class SystemTemplateJobs(ReadableSublist):
    """The runs of one system job template."""

    queryset = RUNS
    serializer_class = SystemJobListSerializer
    parents: ClassVar[QuerySet[Any]] = SystemJobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"
    lookup_aliases: ClassVar[dict[str, str]] = {"schedule": "occurrence__schedule"}


class SystemJobCancel(ProjectUpdateCancel):
    """GET says whether the run can be canceled; POST cancels it: what was removed stays so."""

    queryset: Any = RUNS


class SystemJobStdout(JobStdout):
    queryset: Any = RECORDED


class SystemJobEvents(JobEvents):
    queryset: Any = RECORDED
    run_name = "system_job"

    @OpenApi(operation_id="system_jobs_events_list", responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return super().get(request, pk)


class SystemJobEvent(JobEvent):
    queryset: Any = RECORDED
