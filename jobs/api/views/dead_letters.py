"""Runs that failed for good although they could be tried again: their list, and what is done with one or many."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.models import User
from access.permissions import EveryUser
from access.roles import EXECUTE
from access.rules import may_act
from api.exceptions import Conflict
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Listing, OneObject, Queried
from jobs.api.activity import announce_dismissal, announce_replay
from jobs.api.serializers.dead_letters import MOST, ChosenLettersSerializer
from jobs.api.serializers.jobs import JobListSerializer, JobSerializer
from jobs.api.views.jobs import JOBS
from jobs.dismissing import DISMISSIBLE, dismiss
from jobs.job_templates import JobTemplateKind
from jobs.models import UnifiedJob
from jobs.prompt_rules import check_may_repeat
from jobs.recorded import OF_JOBS
from jobs.replaying import REPLAYABLE, replay

DEAD_LETTERS = JOBS.filter(DISMISSIBLE)
NOT_FAILED = "Only jobs that have failed can be replayed, and none that a workflow launched: relaunch the workflow job."
NO_DEAD_LETTER = "Only dead letters can be dismissed, and each once."


class JobReplay(OneObject):
    """GET says whether the run can be replayed; POST tries it again, under the same key."""

    # Who may replay a run is who may relaunch it.
    action = "relaunch"
    queryset = JOBS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_replay": JOBS.filter(REPLAYABLE, pk=self.get_object().pk).exists()})

    @OpenApi(request=None, responses={202: JobSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        check_may_repeat(asker(request), job)
        if not replay_and_tell(request, [job.pk]):
            raise Conflict(NOT_FAILED)
        made = JOBS.get(pk=job.pk)
        shown = JobSerializer(made, context=self.get_serializer_context()).data
        return Response(shown, status=status.HTTP_202_ACCEPTED)


class JobDismissal(OneObject):
    """GET says whether the run is a dead letter that can be dismissed; POST takes it off their list."""

    action = "relaunch"
    queryset = JOBS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_dismiss": DEAD_LETTERS.filter(pk=self.get_object().pk).exists()})

    @OpenApi(request=None, responses={200: JobSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        if not dismiss_and_tell(request, [job.pk]):
            raise Conflict(NO_DEAD_LETTER)
        return Response(JobSerializer(JOBS.get(pk=job.pk), context=self.get_serializer_context()).data)


class DeadLetters(Listing, Queried, GenericAPIView[Any]):
    """Jobs that failed for good although their policy lets them try again.

    They are here until they are replayed, dismissed or deleted: many together by
    `/api/v2/dead_letters/replay/` and `/api/v2/dead_letters/dismiss/`.
    """

    name = "Dead letters"
    is_list = True
    queryset = DEAD_LETTERS
    serializer_class: Any = JobListSerializer
    lookup_aliases: ClassVar[dict[str, str]] = {"schedule": "occurrence__schedule"}
    computed = tuple(OF_JOBS)

    def get(self, request: Request) -> Response:
        return self.list(request)


class ManyLetters(Queried, GenericAPIView[Any]):
    """POST does one thing with many: all that `ids` names or none, or `all` that the path's query chooses."""

    # What is done, in the words of the answer and of a refusal.
    done: ClassVar[str]
    permission_classes = (EveryUser,)
    queryset = DEAD_LETTERS
    serializer_class: Any = ChosenLettersSerializer
    lookup_aliases: ClassVar[dict[str, str]] = DeadLetters.lookup_aliases
    computed = DeadLetters.computed

    @OpenApi(responses={200: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.validated_data.get("ids")
        letters = self.filter_queryset(self.get_queryset())
        if ids is None:
            letters = letters.filter(may_be_launched(asker(request)))
            chosen = [job for job in letters.order_by("pk")[:MOST] if self._is_allowed(asker(request), job)]
        else:
            chosen = self._named(asker(request), list(letters.filter(pk__in=ids)), ids)
        done = self.act(request, [job.pk for job in chosen])
        return Response({self.done: done, "left": letters.count() if ids is None else 0})

    def _named(self, user: User, found: list[UnifiedJob], ids: list[int]) -> list[UnifiedJob]:
        """All of `ids`, or none. Raises ValidationError and PermissionDenied."""
        missing = sorted(set(ids) - {job.pk for job in found})
        if missing:
            raise ValidationError({"ids": [f"{missing[0]} is no dead letter that can be {self.done}."]})
        for job in found:
            if not may_act(user, job, JobReplay.action):
                raise PermissionDenied
            self.check(user, job)
        return found

    def _is_allowed(self, user: User, job: UnifiedJob) -> bool:
        try:
            self.check(user, job)
        except PermissionDenied:
            return False
        return True

    def check(self, user: User, job: UnifiedJob) -> None:
        """What is asked of one who may launch the template. Raises PermissionDenied."""

    def act(self, request: Request, ids: list[int]) -> list[int]:
        """Do it, and tell the activity stream; returns the ids of the jobs to which it was done."""
        raise NotImplementedError


class DeadLettersReplay(ManyLetters):
    """POST tries many again, each under its own key: those that `ids` names, or `all` that the path's query chooses."""

    name = "Replay of dead letters"
    done = "replayed"
    queryset = DEAD_LETTERS.filter(REPLAYABLE)

    def check(self, user: User, job: UnifiedJob) -> None:
        check_may_repeat(user, job)

    def act(self, request: Request, ids: list[int]) -> list[int]:
        return replay_and_tell(request, ids)


class DeadLettersDismissal(ManyLetters):
    """POST takes many off the list: those that `ids` names, or `all` that the path's query chooses."""

    name = "Dismissal of dead letters"
    done = "dismissed"

    def act(self, request: Request, ids: list[int]) -> list[int]:
        return dismiss_and_tell(request, ids)


def may_be_launched(user: User) -> Q:
    """The condition on runs of templates that `user` may launch."""
    return (
        Q() if user.is_superuser else JobTemplateKind().holding(user, EXECUTE, path="unified_job_template__")
    )


def replay_and_tell(request: Request, ids: list[int]) -> list[int]:
    """Replay what of `ids` has failed, which is returned; the activity stream hears of each."""
    runs = replay(ids, now=timezone.now())
    for run in runs:
        announce_replay(request, run)
    return [run.pk for run in runs]


def dismiss_and_tell(request: Request, ids: list[int]) -> list[int]:
    """Dismiss what of `ids` is a dead letter, which is returned; the activity stream hears of each."""
    runs = dismiss(ids, now=timezone.now())
    for run in runs:
        announce_dismissal(request, run)
    return [run.pk for run in runs]
