"""Rows of mixed lists, each as its own kind shows it."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers

from api.serializers import ResourceSerializer
from jobs.api.serializers.fields import AbsentResource
from jobs.api.serializers.job_templates import JobTemplateSerializer
from jobs.api.serializers.jobs import JobListSerializer
from jobs.api.serializers.project_updates import ProjectUpdateListSerializer
from jobs.api.serializers.projects import ProjectSerializer
from jobs.api.serializers.templates import STATUS_CHOICES
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.querysets import specific
from jobs.statuses import JobKind, TemplateKind

TEMPLATE_SERIALIZERS: dict[str, type[ResourceSerializer]] = {
    TemplateKind.PROJECT: ProjectSerializer,
    TemplateKind.JOB_TEMPLATE: JobTemplateSerializer,
}
JOB_SERIALIZERS: dict[str, type[ResourceSerializer]] = {
    JobKind.JOB: JobListSerializer,
    JobKind.PROJECT_UPDATE: ProjectUpdateListSerializer,
}


class MixedSerializer(ResourceSerializer):
    """Its own fields are those that all kinds have, for OPTIONS and lookups; what is shown is the kind's."""

    by_kind: ClassVar[dict[str, type[ResourceSerializer]]]

    def type_choices(self) -> list[tuple[str, str]]:
        return [(kind, kind.replace("_", " ").title()) for kind in self.by_kind]

    def own(self, instance: Any) -> Model:
        """The row as an object of its own class."""
        raise NotImplementedError

    def to_representation(self, instance: Any) -> dict[str, Any]:
        serializer = self._serializer(instance.kind)
        # What rows have in common is read once for all that are listed.
        serializer.listed_by = self.parent  # type: ignore[attr-defined]
        shown: dict[str, Any] = serializer.to_representation(self.own(instance))
        return shown

    def _serializer(self, kind: str) -> ResourceSerializer:
        made: dict[str, ResourceSerializer] = self.__dict__.setdefault("_made", {})
        if kind not in made:
            made[kind] = self.by_kind[kind](context={**self.context, "in_list": True})
        return made[kind]


class AnyTemplateSerializer(MixedSerializer):
    resource = "unified_job_templates"
    by_kind = TEMPLATE_SERIALIZERS

    last_job_run = serializers.DateTimeField(read_only=True)
    last_job_failed = serializers.BooleanField(read_only=True)
    next_job_run = serializers.DateTimeField(read_only=True)
    status = serializers.ChoiceField(choices=STATUS_CHOICES, read_only=True)
    execution_environment = AbsentResource(read_only=True)

    class Meta:
        model = UnifiedJobTemplate
        fields: ClassVar = [
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "created",
            "modified",
            "name",
            "description",
            "organization",
            "last_job_run",
            "last_job_failed",
            "next_job_run",
            "status",
            "execution_environment",
        ]
        read_only_fields = fields

    def own(self, instance: Any) -> Model:
        return specific(instance)


class AnyJobSerializer(MixedSerializer):
    resource = "unified_jobs"
    by_kind = JOB_SERIALIZERS

    elapsed = serializers.FloatField(read_only=True)
    launched_by = serializers.SerializerMethodField()

    class Meta:
        model = UnifiedJob
        fields: ClassVar = [
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "created",
            "modified",
            "name",
            "description",
            "unified_job_template",
            "organization",
            "launch_type",
            "status",
            "failed",
            "started",
            "finished",
            "canceled_on",
            "elapsed",
            "job_explanation",
            "execution_node",
            "launched_by",
        ]
        read_only_fields = fields

    def get_launched_by(self, obj: UnifiedJob) -> dict[str, Any]:
        return {}

    def own(self, instance: Any) -> Model:
        run: UnifiedJob = instance
        return run
