from datetime import UTC
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.views import Resource
from schedules.api.serializers import PreviewSerializer, ScheduleSerializer
from schedules.models import Schedule
from schedules.recurrence import load
from schedules.zones import zone_links, zone_names

PREVIEWED = 10


class ScheduleViewSet(Resource):
    """Recurrence rules bound to job templates: what is launched when."""

    queryset = Schedule.objects.select_related("unified_job_template", "created_by", "modified_by")
    serializer_class = ScheduleSerializer


class SchedulePreview(APIView):
    """The next ten occurrences of a rule, in its own zone and in UTC. Nothing is saved."""

    serializer_class = PreviewSerializer

    def post(self, request: Request) -> Response:
        serializer = PreviewSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        instants = load(serializer.validated_data["rrule"]).upcoming(timezone.now(), PREVIEWED)
        return Response({"local": instants, "utc": [instant.astimezone(UTC) for instant in instants]})


class ZoneInfo(APIView):
    """The time zones that a rule may name."""

    def get(self, request: Request) -> Response:
        names: Any = zone_names()
        if settings.AWX_CONTRACT == "documented":
            return Response([{"name": name} for name in names])
        return Response({"zones": names, "links": zone_links()})
