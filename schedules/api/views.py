from typing import Any, ClassVar

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from api.openapi import OpenApi
from api.views import Endpoint, ReadOnlySublist, Resource, Sublist
from jobs.api.serializers.jobs import RUNS
from jobs.api.serializers.prompts import PROMPT_NAMES
from jobs.api.serializers.unified import AnyJobSerializer
from jobs.kinds import LaunchableKind
from jobs.models import SystemJobTemplate
from schedules.api.serializers import SCHEDULES, ScheduleSerializer
from schedules.models import Schedule
from schedules.zones import zone_links, zone_names


class ScheduleViewSet(Resource):
    """Recurrence rules bound to job templates and projects: what is launched when.

    `/api/v2/schedules/preview/` shows the next times of a rule, `/api/v2/schedules/zoneinfo/` the names of time zones,
    `/api/v2/schedules/crontab/` what stands for the lines of a crontab.
    """

    queryset = SCHEDULES
    serializer_class = ScheduleSerializer
    unfilterable = PROMPT_NAMES


class TemplateSchedules(Sublist):
    """The schedules of one template; unless asked otherwise those that come last first, as AWX does."""

    queryset = SCHEDULES.order_by(F("next_run").desc(nulls_last=True), "id")
    serializer_class = ScheduleSerializer
    unfilterable = PROMPT_NAMES
    parents: ClassVar[QuerySet[Any]]
    parent_relation: ClassVar[str] = "unified_job_template"
    parent_field: ClassVar[str] = "unified_job_template"


def schedules_of(kind: LaunchableKind) -> type[TemplateSchedules]:
    """The view for the templates of one kind."""
    name = f"{kind.model.__name__}Schedules"
    return type(name, (TemplateSchedules,), {"parents": kind.model._default_manager.all()})


class SystemJobSchedules(TemplateSchedules):
    """The schedules of the template that one system job was launched from."""

    parents = SystemJobTemplate.objects.all()

    def find_parent(self) -> SystemJobTemplate:
        template = SystemJobTemplate.objects.filter(unified_jobs=self.kwargs["parent_pk"]).first()
        if template is None:
            raise Http404("No SystemJob matches the given query.")
        return template


class ScheduleJobs(ReadOnlySublist):
    """The runs that one schedule launched."""

    queryset = RUNS
    serializer_class = AnyJobSerializer
    object_types = AnyJobSerializer.kinds()
    parents = Schedule.objects.all()
    parent_relation: ClassVar[str] = "occurrence__schedule"
    lookup_aliases: ClassVar[dict[str, str]] = {"type": "kind", "schedule": "occurrence__schedule"}


class ZoneInfo(Endpoint):
    """The names of time zones that a rule may use."""

    permission_classes = (EveryUser,)

    @OpenApi(responses={200: OpenApiTypes.ANY})
    def get(self, request: Request) -> Response:
        if settings.AWX_CONTRACT == "documented":
            names: Any = [{"name": name} for name in zone_names()]
            return Response(names)
        return Response({"zones": zone_names(), "links": zone_links()})
