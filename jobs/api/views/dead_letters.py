"""Runs that failed for good although they could be tried again: their list, and replays of one or many."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import User
from access.permissions import EveryUser
from access.roles import EXECUTE
from access.rules import may_act
from api.exceptions import Conflict
from api.schema import ANY_OBJECT
from api.views import Listing, Queried
from jobs.api.activity import announce_replay
from jobs.api.serializers.jobs import JobListSerializer, JobSerializer
from jobs.api.serializers.replaying import MOST, ReplaySerializer
from jobs.api.views.base import ObjectEndpoint, asker
from jobs.api.views.jobs import JOBS
from jobs.job_templates import JobTemplateKind
from jobs.models import UnifiedJob
from jobs.prompt_rules import check_may_repeat
from jobs.recorded import OF_JOBS
from jobs.replaying import REPLAYABLE, replay

DEAD_LETTERS = JOBS.filter(dead_letter=True)
NOT_FAILED = "Only jobs that have failed can be replayed, and none that a workflow launched: relaunch the workflow job."


class JobReplay(ObjectEndpoint):
    """GET says whether the run can be replayed; POST tries it again, under the same key."""

    # Who may replay a run is who may relaunch it.
    action = "relaunch"
    queryset = JOBS

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_replay": JOBS.filter(REPLAYABLE, pk=self.get_object().pk).exists()})

    @extend_schema(request=None, responses={202: JobSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        check_may_repeat(asker(request), job)
        if not replay_and_tell(request, [job.pk]):
            raise Conflict(NOT_FAILED)
        made = JOBS.get(pk=job.pk)
        shown = JobSerializer(made, context=self.get_serializer_context()).data
        return Response(shown, status=status.HTTP_202_ACCEPTED)


class DeadLetters(Listing, Queried, GenericAPIView[Any]):
    """Jobs that failed for good although their policy lets them try again, until they are replayed or deleted."""

    is_list = True
    queryset = DEAD_LETTERS
    serializer_class: Any = JobListSerializer
    lookup_aliases: ClassVar[dict[str, str]] = {"schedule": "occurrence__schedule"}
    computed = tuple(OF_JOBS)

    def get(self, request: Request) -> Response:
        return self.list(request)


class DeadLettersReplay(Queried, GenericAPIView[Any]):
    """POST tries many again, each under its own key: those that `ids` names, or `all` that the path's query chooses."""

    permission_classes = (EveryUser,)
    queryset = DEAD_LETTERS
    serializer_class: Any = ReplaySerializer
    lookup_aliases: ClassVar[dict[str, str]] = DeadLetters.lookup_aliases
    computed = DeadLetters.computed

    @extend_schema(responses={200: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.validated_data.get("ids")
        letters = self.filter_queryset(self.get_queryset()).filter(REPLAYABLE)
        if ids is None:
            letters = letters.filter(may_be_launched(asker(request)))
            chosen = [job for job in letters.order_by("pk")[:MOST] if may_repeat(asker(request), job)]
        else:
            chosen = self._named(asker(request), list(letters.filter(pk__in=ids)), ids)
        replayed = replay_and_tell(request, [job.pk for job in chosen])
        return Response({"replayed": replayed, "left": letters.count() if ids is None else 0})

    @staticmethod
    def _named(user: User, found: list[UnifiedJob], ids: list[int]) -> list[UnifiedJob]:
        """All of `ids`, or none. Raises ValidationError and PermissionDenied."""
        missing = sorted(set(ids) - {job.pk for job in found})
        if missing:
            raise ValidationError({"ids": [f"{missing[0]} is no dead letter that can be replayed."]})
        for job in found:
            if not may_act(user, job, JobReplay.action):
                raise PermissionDenied
            check_may_repeat(user, job)
        return found


def may_be_launched(user: User) -> Q:
    """The condition on runs of templates that `user` may launch."""
    return (
        Q() if user.is_superuser else JobTemplateKind().holding(user, EXECUTE, path="unified_job_template__")
    )


def may_repeat(user: User, job: UnifiedJob) -> bool:
    try:
        check_may_repeat(user, job)
    except PermissionDenied:
        return False
    return True


def replay_and_tell(request: Request, ids: list[int]) -> list[int]:
    """Replay what of `ids` has failed, which is returned; the activity stream hears of each."""
    runs = replay(ids, now=timezone.now())
    for run in runs:
        announce_replay(request, run)
    return [run.pk for run in runs]
