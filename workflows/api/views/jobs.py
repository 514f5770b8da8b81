"""Runs of workflows, and the nodes of runs."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist, asker
from api.exceptions import Conflict
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, ReadOnlyResource
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from instances.api.groups import GROUPS, InstanceGroupSerializer
from inventories.querysets import WITH_TOTALS
from jobs.api.activity import announce_launch
from jobs.api.serializers.labels import LabelSerializer
from jobs.api.serializers.prompts import PROMPT_NAMES
from jobs.api.serializers.surroundings import RUN_RELATIONS
from jobs.api.views.jobs import JobCancel, RunViewSet
from jobs.api.views.labels import LABELS
from jobs.exceptions import CannotLaunch, StillGoing
from jobs.kinds import with_own
from jobs.models import JobTemplate
from jobs.prompt_rules import check_may_repeat
from workflows.api.serializers.jobs import WorkflowJobListSerializer, WorkflowJobSerializer
from workflows.api.serializers.nodes import WorkflowJobNodeSerializer
from workflows.api.views.nodes import NODE_SEARCH, with_edges
from workflows.launching import announce_steps, relaunch
from workflows.models import WorkflowJob, WorkflowJobNode, WorkflowJobTemplate
from workflows.slicing import relaunch_slices

# What is no column of its own; queries may name it.
COMPUTED: dict[str, Any] = {
    "job_template": Case(When(is_sliced_job=True, then=F("unified_job_template_id"))),
}
WORKFLOW_JOBS = (
    WorkflowJob.objects.alias(**COMPUTED)
    .select_related(*RUN_RELATIONS, "unified_job_template__as_workflow_job_template")
    .prefetch_related("labels", WITH_TOTALS)
)
JOB_NODES = WorkflowJobNode.objects.select_related(
    "workflow_job", "job", "execution_environment"
).prefetch_related(with_own("unified_job_template"), WITH_TOTALS, *with_edges(WorkflowJobNode))


def announced(view: Any, job: Any) -> dict[str, Any]:
    """The whole of a run that was just made. The activity stream hears of it."""
    made = WORKFLOW_JOBS.get(pk=job.pk)
    shown = dict(WorkflowJobSerializer(made, context={"request": view.request, "view": view}).data)
    announce_launch(view.request, made, shown)
    return shown


def workflow_job_answer(view: Any, job: Any, more: dict[str, Any]) -> Response:
    shown = announced(view, job)
    return Response({**more, **shown}, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


class WorkflowJobViewSet(RunViewSet):
    """Runs of workflows. They are made by launching, and can be deleted once they have ended."""

    queryset = WORKFLOW_JOBS
    serializer_class = WorkflowJobListSerializer
    computed = tuple(COMPUTED)

    def get_serializer_class(self) -> Any:
        return WorkflowJobSerializer if self.detail else WorkflowJobListSerializer


class WorkflowJobCancel(JobCancel):
    """GET says whether the run can be canceled; POST cancels it, and what it has launched."""

    queryset = WORKFLOW_JOBS

    @OpenApi(request=None, responses={202: None})
    def post(self, request: Request, pk: int) -> Response:
        answer = super().post(request, pk)
        announce_steps()
        return answer


class WorkflowJobRelaunch(OneObject):
    """POST runs the workflow once more: as it is now, with the old answers."""

    action = "relaunch"
    queryset = WORKFLOW_JOBS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.get_object()
        return Response({})

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        check_may_repeat(asker(request), job)
        try:
            again = relaunch_slices if job.is_sliced_job else relaunch
            made = again(job, user=asker(request))
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        except StillGoing as error:
            raise Conflict(str(error)) from None
        return workflow_job_answer(self, made, {})


class WorkflowJobsOfTemplate(ReadableSublist):
    """The runs of one workflow."""

    queryset = WORKFLOW_JOBS
    serializer_class = WorkflowJobListSerializer
    parents: ClassVar[QuerySet[Any]] = WorkflowJobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"


class SlicedJobs(WorkflowJobsOfTemplate):
    """The workflow jobs of one job template's slices."""

    parents = JobTemplate.objects.all()


class WorkflowJobLabels(ReadableSublist):
    """The labels that a run was launched with."""

    queryset: QuerySet[Any] = LABELS
    serializer_class = LabelSerializer
    parents: ClassVar[QuerySet[Any]] = WORKFLOW_JOBS
    parent_relation: ClassVar[str] = "unified_jobs"


class JobNodeViewSet(ReadOnlyResource):
    """The nodes of workflows' runs, each with the run that it launched."""

    queryset = JOB_NODES
    serializer_class = WorkflowJobNodeSerializer
    search_fields = NODE_SEARCH
    unfilterable = PROMPT_NAMES


class NodesOfJob(ReadableSublist):
    """The nodes of one run of a workflow."""

    queryset: QuerySet[Any] = JOB_NODES
    serializer_class = WorkflowJobNodeSerializer
    search_fields = NODE_SEARCH
    unfilterable = PROMPT_NAMES
    parents: ClassVar[QuerySet[Any]] = WORKFLOW_JOBS
    parent_relation: ClassVar[str] = "workflow_job"


class NodesOnSuccess(NodesOfJob):
    """The nodes that follow one node when it was successful."""

    parents = JOB_NODES
    parent_relation = "workflowjobnodes_success"


class NodesOnFailure(NodesOfJob):
    """The nodes that follow one node when it failed."""

    parents = JOB_NODES
    parent_relation = "workflowjobnodes_failure"


class NodesAlways(NodesOfJob):
    """The nodes that follow one node however it ended."""

    parents = JOB_NODES
    parent_relation = "workflowjobnodes_always"


class JobNodeCredentials(ReadableSublist):
    """The credentials that one node launches its template with."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = JOB_NODES
    parent_relation: ClassVar[str] = "workflowjobnodes"


class JobNodeGroups(ReadableSublist):
    """The instance groups that one node launches its template in."""

    queryset = GROUPS
    serializer_class = InstanceGroupSerializer
    search_fields = ("name",)
    parents = JOB_NODES
    parent_relation: ClassVar[str] = "workflowjobnodes"


class JobNodeLabels(WorkflowJobLabels):
    """The labels that one node launches its template with."""

    parents = JOB_NODES
    parent_relation = "workflowjobnodes"
