"""The runs of an instance and of a group, the groups of a job template, the templates of an execution environment."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from api.views import ReadOnlySublist
from instances.api.groups import AttachedGroups
from instances.models import ExecutionEnvironment, Instance, InstanceGroup
from jobs.api.serializers.unified import AnyJobSerializer, AnyTemplateSerializer
from jobs.api.views.unified import UnifiedJobTemplateViewSet, UnifiedJobViewSet
from jobs.models import JobTemplate, UnifiedJob


class GroupJobs(ReadOnlySublist):
    """The runs that were given to one instance group."""

    queryset = UnifiedJobViewSet.queryset
    serializer_class: Any = AnyJobSerializer
    object_types = AnyJobSerializer.kinds()
    lookup_aliases: ClassVar[dict[str, str]] = UnifiedJobViewSet.lookup_aliases
    parents: ClassVar[QuerySet[Any]] = InstanceGroup.objects.all()
    parent_relation: ClassVar[str] = "instance_group"


class InstanceJobs(GroupJobs):
    """The runs that one instance has claimed."""

    parents = Instance.objects.all()

    def get_queryset(self) -> QuerySet[UnifiedJob]:
        runs: QuerySet[UnifiedJob] = UnifiedJobViewSet.queryset.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return runs
        return runs.filter(execution_node=str(self.get_parent())[:200])


class TemplateGroups(AttachedGroups):
    """The instance groups whose instances carry out a job template's runs."""

    parents = JobTemplate.objects.select_related("organization", "project")
    parent_relation: ClassVar[str] = "job_template_places__job_template"
    places = "job_template_places"


class EnvironmentTemplates(ReadOnlySublist):
    """All that names one execution environment."""

    queryset = UnifiedJobTemplateViewSet.queryset
    serializer_class = AnyTemplateSerializer
    object_types = AnyTemplateSerializer.kinds()
    lookup_aliases: ClassVar[dict[str, str]] = UnifiedJobTemplateViewSet.lookup_aliases
    computed = UnifiedJobTemplateViewSet.computed
    parents = ExecutionEnvironment.objects.all()
    parent_relation: ClassVar[str] = "execution_environment"
