"""The ledger of a schedule: each due instant with what became of it, and what is to be expected of the next ones."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist
from api.openapi import OpenApi
from api.serializers import ResourceSerializer
from api.views import OneObject
from schedules.exceptions import InvalidRule
from schedules.forecast import MOST, forecast
from schedules.models import Occurrence, Schedule

BRIEF = ("id", "name", "description")
OCCURRENCES = Occurrence.objects.select_related("job", "schedule")


class OccurrenceSerializer(ResourceSerializer):
    resource = "occurrences"
    object_type = "occurrence"
    capabilities = ()

    class Meta:
        model = Occurrence
        fields: ClassVar = ["schedule", "scheduled_for", "outcome", "reason", "through", "job", "recorded"]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "scheduled_for": {"help_text": "The due instant."},
            "outcome": {"help_text": "What became of it."},
            "reason": {"help_text": "Why it was not launched."},
            "through": {"help_text": "Where one entry stands for many instants, the last of them."},
            "job": {"help_text": "What was launched, as long as it is kept."},
            "recorded": {"help_text": "When that was decided."},
        }

    def get_url(self, obj: Any) -> str:
        return f"/api/v2/schedules/{obj.schedule_id}/occurrences/{obj.pk}/"

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj) | {"schedule": f"/api/v2/schedules/{obj.schedule_id}/"}
        if obj.job is not None:
            related["job"] = f"/api/v2/{obj.job.kind}s/{obj.job_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = {"schedule": {name: getattr(obj.schedule, name) for name in BRIEF}}
        if obj.job is not None:
            told = {name: getattr(obj.job, name) for name in (*BRIEF, "status", "failed", "elapsed")}
            summary["job"] = told | {"type": obj.job.kind}
        return summary


class ExpectedSerializer(serializers.Serializer[Any]):
    scheduled_for = serializers.DateTimeField()
    outcome = serializers.CharField(help_text="`forecast`, or why it will not be launched.")
    reason = serializers.CharField()


class ScheduleOccurrences(ReadableSublist):
    """Each due instant of one schedule, the latest first, with its ending.

    That is `launched` (then with its job), or why it was not launched. With `?forecast=5` the answer has the next five,
    too, under `forecast`: those that will be launched have the outcome `forecast`, the others why they will not.
    """

    queryset = OCCURRENCES.order_by("-scheduled_for")
    serializer_class = OccurrenceSerializer
    parents = Schedule.objects.all()
    parent_relation: ClassVar[str] = "schedule"
    own_parameters = ("forecast",)
    search_fields = ("reason",)

    @OpenApi(parameters=[OpenApiParameter("forecast", int, description=f"How many to come, at most {MOST}.")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().get(request, *args, **kwargs)
        wanted = request.query_params.get("forecast")
        if wanted is not None:
            answer.data["forecast"] = self._forecast(wanted)
        return answer

    def _forecast(self, wanted: str) -> Any:
        is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) <= len(str(MOST))
        if not is_number or not 1 <= int(wanted) <= MOST:
            raise ParseError(f"forecast must be a whole number from 1 to {MOST}.")
        try:
            expected = forecast(self.get_parent(), int(wanted))
        except InvalidRule as error:
            raise ParseError(str(error)) from None
        return ExpectedSerializer(expected, many=True).data


class ScheduleOccurrence(OneObject):
    """One due instant of a schedule, by its entry's id."""

    action = "occurrences"
    queryset = Schedule.objects.all()
    serializer_class = OccurrenceSerializer

    def get(self, request: Request, pk: int, number: int) -> Response:
        occurrence = OCCURRENCES.filter(schedule=self.get_object(), pk=number).first()
        if occurrence is None:
            raise Http404("No Occurrence matches the given query.")
        return Response(self.get_serializer(occurrence).data)
