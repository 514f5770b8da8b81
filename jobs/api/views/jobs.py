from typing import Any, ClassVar

from django.db import transaction
from django.utils.module_loading import import_string
from rest_framework import status
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from api.exceptions import Conflict
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Deleting, OneObject, ReadOnlyResource
from jobs.api.activity import announce_cancel, announce_launch
from jobs.api.serializers.jobs import RUNS, JobListSerializer, JobSerializer
from jobs.api.serializers.launching import RelaunchSerializer
from jobs.api.serializers.surroundings import workflow_of
from jobs.canceling import cancel
from jobs.exceptions import AlreadyFinished, CannotLaunch, StillGoing
from jobs.host_summaries import failed_hosts
from jobs.kinds import kind_of_run
from jobs.launching import relaunch
from jobs.models import JobHostSummary, UnifiedJob
from jobs.prompt_rules import check_may_repeat
from jobs.recorded import OF_JOBS, with_recorded
from jobs.statuses import ACTIVE, FINISHED, JobKind

JOBS = with_recorded(RUNS.filter(kind=JobKind.JOB), OF_JOBS)


def job_answer(view: Any, job: UnifiedJob, more: dict[str, Any]) -> Response:
    """201 with the whole of a run that was just made, and AWX's `job`: its id. The activity stream hears of it."""
    if job.is_sliced_job:
        return _sliced_answer(view, job, more)
    made = JOBS.get(pk=job.pk)
    shown = dict(JobSerializer(made, context=view.get_serializer_context()).data)
    announce_launch(view.request, made, shown)
    body = {"job": made.pk, **more, **shown}
    return Response(body, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


def _sliced_answer(view: Any, job: UnifiedJob, more: dict[str, Any]) -> Response:
    """The same of the workflow job of slices, with AWX's `workflow_job`."""
    made = RUNS.get(pk=job.pk)
    serializer = import_string(kind_of_run(made).job_serializer)
    shown = dict(serializer(made, context=view.get_serializer_context()).data)
    announce_launch(view.request, made, shown)
    body = {"workflow_job": made.pk, **more, **shown}
    return Response(body, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


class RunViewSet(Deleting, ReadOnlyResource):
    """Runs of one kind. They can be deleted once they have ended."""

    lookup_aliases: ClassVar[dict[str, str]] = {
        "schedule": "occurrence__schedule",
        # Shown by a run's own page alone.
        "result_traceback": "result_traceback",
    }

    def perform_destroy(self, instance: UnifiedJob) -> None:
        workflow = workflow_of(instance)
        if workflow is not None and workflow.status in ACTIVE:
            raise PermissionDenied("Cannot delete job resource when associated workflow job is running.")
        deleted, _ = UnifiedJob.objects.filter(pk=instance.pk, status__in=FINISHED).delete()
        if not deleted:
            raise PermissionDenied("Cannot delete running job resource.")


class JobViewSet(RunViewSet):
    """Runs of job templates. They are made by launching, and can be deleted once they have ended."""

    called = ("job", "jobs")
    queryset = JOBS
    serializer_class = JobListSerializer
    computed = tuple(OF_JOBS)

    def get_serializer_class(self) -> Any:
        return JobSerializer if self.detail else JobListSerializer


class JobCancel(OneObject):
    """GET says whether the run can be canceled; POST cancels it, and ends a call that is in flight."""

    action = "cancel"
    queryset = JOBS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_cancel": self.get_object().status in ACTIVE})

    @OpenApi(request=None, responses={202: None})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        run = self.get_object()
        try:
            cancel(run)
        except AlreadyFinished:
            raise MethodNotAllowed("POST") from None
        announce_cancel(request, run)
        return Response(status=status.HTTP_202_ACCEPTED)


class JobRelaunch(OneObject):
    """POST runs once more what the run ran: its template as it is now, with the old answers."""

    action = "relaunch"
    queryset = JOBS
    serializer_class = RelaunchSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        counts = {"all": 1, "failed": int(job.failed)}
        if job.inventory_id:
            called = JobHostSummary.objects.filter(job=job).count()
            counts = {"all": called, "failed": len(failed_hosts(job))}
        return Response({"passwords_needed_to_start": [], "retry_counts": counts})

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        check_may_repeat(asker(request), job)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        limit = None
        if serializer.validated_data.get("hosts") == "failed":
            failed = failed_hosts(job)
            if not (failed if job.inventory_id else job.failed):
                raise ValidationError({"hosts": ["Cannot relaunch because previous job had 0 failed hosts."]})
            limit = ",".join(failed) or None
        try:
            made = relaunch(job, user=asker(request), limit=limit)
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        except StillGoing as error:
            raise Conflict(str(error)) from None
        return job_answer(self, made, {})
