"""When a rule, or a schedule that is stored, would launch next."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint, OneObject
from schedules.api.rules import TIMING_FIELDS, RruleField
from schedules.exceptions import InvalidRule
from schedules.models import Schedule


class PreviewSerializer(serializers.ModelSerializer[Schedule]):
    """What of a schedule says when it launches."""

    rrule = RruleField()

    class Meta:
        model = Schedule
        fields: ClassVar = ["rrule", *TIMING_FIELDS]
        extra_kwargs: ClassVar = TIMING_FIELDS


class SchedulePreview(Endpoint):
    """The next ten occurrences of a rule, in its own zone and in UTC: exactly those that would fire.

    Nothing is saved. With `jitter_seconds` each is launched up to so many seconds later, always as many for one
    schedule; how many is known once it is saved (`/schedules/N/preview/`).
    """

    permission_classes = (EveryUser,)
    serializer_class = PreviewSerializer
    object_types: ClassVar[tuple[str, ...]] = ("schedule",)

    @OpenApi(responses={200: ANY_OBJECT})
    def post(self, request: Request) -> Response:
        serializer = PreviewSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        schedule = Schedule(**serializer.validated_data)
        shown: dict[str, Any] = occurrences(schedule, since=timezone.now())
        if schedule.jitter_seconds:
            shown["jitter_seconds"] = schedule.jitter_seconds
        return Response(shown)


class StoredPreview(OneObject):
    """The next ten occurrences of a schedule and when it launches each, whether it is on or off.

    `launches` are `slot_seconds` after `utc`; the slot lies in the window of `jitter_seconds` and never changes.
    """

    queryset = Schedule.objects.all()

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        schedule: Schedule = self.get_object()
        now = timezone.now()
        coming = schedule.next_occurrence
        # It may have passed already, and wait for its slot.
        since = now if coming is None else min(now, coming - timedelta(microseconds=1))
        shown = occurrences(schedule, since=since)
        return Response(
            {
                **shown,
                "launches": [schedule.launch_of(instant) for instant in shown["utc"]],
                "jitter_seconds": schedule.jitter_seconds,
                "slot_seconds": schedule.slot.seconds,
            }
        )


def occurrences(schedule: Schedule, *, since: datetime) -> dict[str, list[datetime]]:
    """The next after `since`, in the rule's zone and in UTC. Raises ValidationError where they cannot be found."""
    try:
        local = schedule.recurrence.preview(since)
    except InvalidRule as error:
        raise ValidationError({"rrule": error.messages}) from None
    return {"local": local, "utc": [instant.astimezone(UTC) for instant in local]}
