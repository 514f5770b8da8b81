"""How runs went on hosts: of one run, of one host, of the hosts in one group."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import OneObject, ReadOnlySublist
from inventories.groups import all_hosts
from inventories.models import Group, Host
from jobs.api.serializers.host_summaries import JobHostSummarySerializer
from jobs.api.views.jobs import JOBS
from jobs.host_summaries import COMPUTED, with_counts
from jobs.models import JobHostSummary

SUMMARIES = with_counts(JobHostSummary.objects.select_related("job__unified_job_template", "host")).order_by(
    "pk"
)


class JobHostSummaries(ReadOnlySublist):
    """How a run went on each host that it called."""

    queryset = SUMMARIES
    serializer_class: Any = JobHostSummarySerializer
    computed = COMPUTED
    parents: ClassVar[QuerySet[Any]] = JOBS
    parent_relation: ClassVar[str] = "job"


class HostSummaries(JobHostSummaries):
    """How the runs that called a host went on it."""

    parents = Host.objects.select_related("inventory")
    parent_relation = "host"


class GroupSummaries(JobHostSummaries):
    """How runs went on the hosts in a group and in the groups below it."""

    parents = Group.objects.select_related("inventory")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return SUMMARIES.none()
        if self.request.method == "OPTIONS":
            return SUMMARIES.all()
        group: Any = self.get_parent()
        return SUMMARIES.filter(host__in=all_hosts(group).values("pk"))


class NumberedSummary(OneObject):
    """How one run went on one host."""

    name = "Job host summary"
    queryset = SUMMARIES
    serializer_class = JobHostSummarySerializer

    def get(self, request: Request, pk: int) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
