"""Backfills of schedules: asked for, shown, canceled."""

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist, asker
from api.changes import announce_created, announce_value
from api.openapi import ANY_OBJECT, OpenApi
from api.serializers import ResourceSerializer
from api.views import OneObject, ReadOnlyResource, ReadOnlySublist
from jobs.api.serializers.jobs import RUNS
from jobs.api.serializers.unified import AnyJobSerializer
from schedules.backfilling import Planned, begin, cancel, plan
from schedules.backfills import Backfill
from schedules.exceptions import InvalidBackfill, InvalidRule
from schedules.models import Schedule

BACKFILLS = Backfill.objects.select_related("schedule", "created_by")
ASKED = ("start", "end", "already_run", "order", "max_concurrency")


class BackfillSerializer(ResourceSerializer):
    resource = "backfills"
    object_type = "backfill"
    capabilities = ()

    class Meta:
        model = Backfill
        fields: ClassVar = [
            *("created", "schedule", *ASKED, "status", "explanation", "total", "launched", "finished")
        ]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "start": {"help_text": "From when occurrences are launched; in UTC, unless it says otherwise."},
            "end": {"help_text": "Until before when; it has passed. In UTC, unless it says otherwise."},
            "already_run": {"help_text": "Which of those already run are launched again."},
            "order": {"help_text": "Which is launched first."},
            "max_concurrency": {"help_text": "How many of its runs may be on their way at once."},
            "explanation": {"help_text": "Why it could not go on, or launched nothing."},
            "total": {"help_text": "How many occurrences it launches."},
            "launched": {"help_text": "How many of them it has launched."},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {
            "schedule": f"/api/v2/schedules/{obj.schedule_id}/",
            "cancel": f"{self.get_url(obj)}cancel/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        names = ("id", "name", "description")
        return super().get_summary_fields(obj) | {
            "schedule": {name: getattr(obj.schedule, name) for name in names}
        }


class AskedBackfillSerializer(serializers.ModelSerializer[Backfill]):
    """What is asked for."""

    dry_run = serializers.BooleanField(
        default=True, initial=True, help_text="Only list what would be launched."
    )

    class Meta:
        model = Backfill
        fields: ClassVar = [*ASKED, "dry_run"]
        extra_kwargs = BackfillSerializer.Meta.extra_kwargs


class BackfillViewSet(ReadOnlyResource):
    """Backfills: past occurrences of schedules that are launched once more, or at last."""

    queryset = BACKFILLS
    serializer_class = BackfillSerializer


class ScheduleBackfills(ReadOnlySublist):
    """The backfills of one schedule."""

    queryset = BACKFILLS
    serializer_class = BackfillSerializer
    parents = Schedule.objects.all()
    parent_relation: ClassVar[str] = "schedule"


class BackfillJobs(ReadableSublist):
    """The runs that one backfill has launched."""

    queryset = RUNS
    serializer_class = AnyJobSerializer
    object_types = AnyJobSerializer.kinds()
    parents = Backfill.objects.all()
    parent_relation: ClassVar[str] = "backfill_place__backfill"
    lookup_aliases: ClassVar[dict[str, str]] = {"type": "kind", "schedule": "occurrence__schedule"}


class ScheduleBackfill(OneObject):
    """POST lists which past occurrences would be launched; with `dry_run` false it launches them.

    That is a backfill of its own, with at most 1,000 occurrences.
    """

    action = "backfill"
    queryset = Schedule.objects.select_related("unified_job_template")
    serializer_class = AskedBackfillSerializer

    @OpenApi(responses={200: ANY_OBJECT, 201: BackfillSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        schedule = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        is_dry = values.pop("dry_run")
        backfill = Backfill(schedule=schedule, created_by=asker(request), **values)
        now = timezone.now()
        try:
            planned = plan(backfill, now=now)
        except InvalidBackfill as error:
            raise ValidationError({error.field: [error.message]}) from None
        except InvalidRule as error:
            raise ValidationError({"rrule": error.messages}) from None
        if is_dry:
            return Response(_listed(planned))
        begin(backfill, planned, now=now)
        serializer = BackfillSerializer(backfill, context=self.get_serializer_context())
        announce_created(request, serializer)
        shown = dict(serializer.data)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


def _listed(planned: list[Planned]) -> dict[str, Any]:
    return {
        "count": len(planned),
        "to_launch": sum(each.is_launched for each in planned),
        "occurrences": [
            {"scheduled_for": each.scheduled_for, "already_run": each.ran, "launch": each.is_launched}
            for each in planned
        ],
    }


class BackfillCancel(OneObject):
    """GET says whether a backfill can be canceled; POST ends it: what it has launched goes on."""

    action = "cancel"
    queryset = BACKFILLS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_cancel": self.get_object().status == Backfill.Status.RUNNING})

    @OpenApi(request=None, responses={202: None})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        backfill = self.get_object()
        if not cancel(backfill, now=timezone.now()):
            raise MethodNotAllowed("POST")
        announce_value(request, backfill, "status", Backfill.Status.RUNNING, Backfill.Status.CANCELED)
        return Response(status=status.HTTP_202_ACCEPTED)
