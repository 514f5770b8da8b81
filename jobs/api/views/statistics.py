"""`N/statistics/`: how a template's runs went over the last days."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.openapi import OpenApi
from api.views import OneObject
from jobs.kinds import LaunchableKind
from jobs.statistics import statistics_of

MOST_DAYS = 366


class WindowSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=7)


class DurationsSerializer(serializers.Serializer[Any]):
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()


class StatisticsSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="Counted are the runs that ended then or later.")
    runs = serializers.IntegerField()
    successful = serializers.IntegerField()
    failed = serializers.IntegerField()
    error = serializers.IntegerField()
    canceled = serializers.IntegerField()
    success_rate = serializers.FloatField(
        allow_null=True, help_text="Of the runs that were not canceled, from 0 to 1."
    )
    duration = DurationsSerializer(
        allow_null=True, help_text="Seconds that runs took: the 50th, 95th and 99th percentile."
    )


class TemplateStatistics(OneObject):
    """How the template's runs of the last days (`days`, 7 unless given) went, and how long they took."""

    serializer_class = StatisticsSerializer

    @OpenApi(
        parameters=[OpenApiParameter("days", int, description=f"From 1 to {MOST_DAYS}.")],
        responses={200: StatisticsSerializer},
    )
    def get(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        window = WindowSerializer(data=request.query_params)
        window.is_valid(raise_exception=True)
        since = timezone.now() - timedelta(days=window.validated_data["days"])
        return Response(StatisticsSerializer(statistics_of(template.pk, since=since)).data)


def statistics_view_of(kind: LaunchableKind) -> type[TemplateStatistics]:
    """The view for the templates of one kind."""
    name = f"{kind.model.__name__}Statistics"
    return type(name, (TemplateStatistics,), {"queryset": kind.model._default_manager.all()})
