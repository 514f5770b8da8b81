"""A change of a schedule, taken back."""

from copy import copy
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.activity import ActivityStream, Operation
from access.api.views import asker
from access.rules import may_change
from api.changes import State, announce_changed, state_of
from api.fields import IdField
from api.missing import find
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from schedules.api.previews import occurrences
from schedules.api.rules import TIMING_FIELDS
from schedules.api.serializers import SCHEDULES, ScheduleSerializer
from schedules.models import Schedule
from schedules.rolling_back import Rollback, rollback

TO = "The id of an update in the schedule's activity stream: it is taken back, and so are all later ones."
NO_UPDATE = "This is not the id of an update in the schedule's activity stream."
TIMING = {"rrule", *TIMING_FIELDS}


class RollbackSerializer(serializers.Serializer[Any]):
    to = IdField(help_text=TO)


class QuestionSerializer(serializers.Serializer[Any]):
    to = IdField(required=False)


class ScheduleRollback(OneObject):
    """GET says what it would do to take a change of the schedule back; POST takes it back.

    `to` is the id of an update in the schedule's activity stream; for GET the last one, unless it is said. The schedule
    gets the values that it had before, so all later changes are taken back as well.

    GET has pairs of now and then (`changes`), why a POST would be refused (`refused`), which objects were attached or
    detached since, and stay so (`left`), and the next ten occurrences afterwards. What is masked in the stream
    cannot be taken back; nothing is saved then.

    POST does what a PATCH of these values does, with all its checks, and answers like it, also where nothing differs.
    It is in the activity stream itself, and can be taken back. What was launched and the ledger stay as they are.
    """

    action = "rollback"
    queryset = SCHEDULES
    serializer_class = RollbackSerializer
    # The change that an answer to GET is about.
    shown: int | None = None

    def asked_in_forms(self) -> dict[str, Any] | None:
        """What the page shows is what its form takes back."""
        return None if self.shown is None else {"to": self.shown}

    @OpenApi(
        parameters=[OpenApiParameter("to", int, description=TO)],
        responses={200: ANY_OBJECT},
    )
    def get(self, request: Request, pk: int) -> Response:
        schedule = self.get_object()
        question = QuestionSerializer(data=request.query_params)
        question.is_valid(raise_exception=True)
        number = question.validated_data.get("to", _last_update(schedule))
        planned = rollback(_entries_since(schedule, number), self._state(schedule).shown)
        refused = _refusals(self._change(schedule, planned), planned)
        expected: dict[str, Any] = {"local": [], "utc": []}
        if not TIMING & refused.keys():
            try:
                expected = occurrences(_timed(schedule, planned), since=timezone.now())
            except ValidationError as error:
                detail: Any = error.detail
                refused |= detail
        self.shown = number
        found = {"to": number, "changes": planned.changes, "refused": refused, "left": planned.left}
        return Response(found | expected)

    @OpenApi(responses={200: ScheduleSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        # An edit at the same time is taken back as a whole, or comes afterwards.
        find(Schedule.objects.select_for_update(), pk)
        schedule = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        before = self._state(schedule)
        planned = rollback(_entries_since(schedule, given.validated_data["to"]), before.shown)
        if not may_change(request.user, schedule, planned.body):
            raise PermissionDenied
        change = self._change(schedule, planned)
        refused = _refusals(change, planned)
        if refused:
            raise ValidationError(refused)
        change.save(modified_by=asker(request))
        answer = Response(change.data)
        announce_changed(request, change, before)
        return answer

    def _state(self, schedule: Schedule) -> State:
        return state_of(ScheduleSerializer(schedule, context=self.get_serializer_context()))

    def _change(self, schedule: Schedule, planned: Rollback) -> ScheduleSerializer:
        context = self.get_serializer_context()
        return ScheduleSerializer(schedule, data=planned.body, partial=True, context=context)


def _last_update(schedule: Schedule) -> int | None:
    return _entries(schedule).filter(operation=Operation.UPDATE).values_list("pk", flat=True).last()


def _entries_since(schedule: Schedule, number: int | None) -> Any:
    """Operation and changes of what was done to the schedule from one update on; nothing since none.

    Raises ValidationError where the number is not that of an update.
    """
    entries = _entries(schedule)
    if number is None:
        return entries.none()
    if not entries.filter(pk=number, operation=Operation.UPDATE).exists():
        raise ValidationError({"to": [NO_UPDATE]})
    return entries.filter(pk__gte=number).values_list("operation", "changes").iterator()


def _entries(schedule: Schedule) -> QuerySet[ActivityStream]:
    return ActivityStream.objects.filter(object1="schedule", object1_pk=schedule.pk).order_by("pk")


def _refusals(change: ScheduleSerializer, planned: Rollback) -> dict[str, Any]:
    """Why the schedule cannot get the values, by field."""
    change.is_valid()
    return {**change.errors, **planned.refused}


def _timed(schedule: Schedule, planned: Rollback) -> Schedule:
    """The schedule with the times that it would have. Nothing is saved."""
    timed = copy(schedule)
    for name in TIMING & planned.changes.keys():
        setattr(timed, name, planned.body[name])
    return timed
