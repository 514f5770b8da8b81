"""Runs that fetch projects' catalogues."""

from typing import Any, ClassVar

from django.db.models import BigIntegerField, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.absent import AbsentSerializer, AbsentSublist
from api.openapi import ANY_OBJECT, OpenApi
from jobs.api.serializers.project_updates import (
    UPDATE_RELATIONS,
    ProjectUpdateListSerializer,
    ProjectUpdateSerializer,
)
from jobs.api.views.jobs import JobCancel, RunViewSet
from jobs.api.views.record import JobAttempt, JobAttempts, JobEvent, JobEvents, JobStdout
from jobs.models import ProjectUpdate
from jobs.recorded import OF_PROJECT_UPDATES, with_recorded
from jobs.statuses import ACTIVE, Status

UPDATES = with_recorded(ProjectUpdate.objects.select_related(*UPDATE_RELATIONS), OF_PROJECT_UPDATES).alias(
    credential=Value(None, output_field=BigIntegerField(null=True)),
    job_tags=Concat(
        Value("update_"),
        Coalesce(NullIf("scm_type", Value("")), Value("archive"), output_field=TextField()),
        Value(",install_roles,install_collections"),
        output_field=TextField(),
    ),
)
RECORDED = UPDATES.prefetch_related("attempts")


class ProjectUpdateViewSet(RunViewSet):
    """Updates of projects. They are made by updating, and can be deleted once they have ended."""

    queryset = UPDATES
    serializer_class = ProjectUpdateListSerializer
    computed = (*OF_PROJECT_UPDATES, "credential", "job_tags")

    def get_serializer_class(self) -> Any:
        return ProjectUpdateSerializer if self.detail else ProjectUpdateListSerializer


class SourceUpdateSerializer(AbsentSerializer):
    object_type = "inventory_update"
    model_name = "InventoryUpdate"

    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    name = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)


class ProjectUpdateSources(AbsentSublist):
    """The updates of inventories that AWX starts after a project's. Here each source is updated by itself."""

    name = "SCM inventory updates"
    serializer_class = SourceUpdateSerializer
    parents = ProjectUpdate.objects.all()


class ProjectUpdateCancel(JobCancel):
    """GET says whether the update can be canceled; POST cancels it, and ends a call that is in flight."""

    queryset = UPDATES

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        update = self.get_object()
        return Response({"can_cancel": update.status in ACTIVE, "job_explanation": update.job_explanation})


class ProjectUpdateStdout(JobStdout):
    queryset = RECORDED


class ProjectUpdateEvents(JobEvents):
    queryset = RECORDED
    run_name = "project_update"

    @OpenApi(operation_id="project_updates_events_list", responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return super().get(request, pk)


class ProjectUpdateEvent(JobEvent):
    queryset = RECORDED


class ProjectUpdateAttempts(JobAttempts):
    """The calls that an update made: request, response, timing, outcome."""

    parents: ClassVar = UPDATES


class ProjectUpdateAttempt(JobAttempt):
    queryset = RECORDED
