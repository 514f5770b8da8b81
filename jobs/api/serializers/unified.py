"""Rows of mixed lists, each as its own kind shows it."""

from typing import Any, ClassVar

from django.db.models import Model
from django.utils.module_loading import import_string
from rest_framework import serializers

from api.serializers import ResourceSerializer
from jobs.api.serializers.fields import RUN_FIELDS, AbsentText
from jobs.api.serializers.templates import STATUS_CHOICES
from jobs.kinds import launchable_kinds
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.querysets import specific
from jobs.statuses import JobKind

# What AWX calls the state of projects and inventory sources.
STATUSES_OF_SOURCES = (
    ("ok", "OK"),
    ("missing", "Missing"),
    ("none", "No External Source"),
    ("updating", "Updating"),
)


class MixedSerializer(ResourceSerializer):
    """Its own fields are those that all kinds have, for OPTIONS and lookups; what is shown is the kind's."""

    @classmethod
    def by_kind(cls) -> dict[str, type[ResourceSerializer]]:
        """The serializer of each kind of row."""
        raise NotImplementedError

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        return tuple(cls.by_kind())

    def type_choices(self) -> list[tuple[str, str]]:
        return [(kind, kind.replace("_", " ").title()) for kind in self.kinds()]

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
            made[kind] = self.by_kind()[kind](context={**self.context, "in_list": True})
        return made[kind]


class AnyTemplateSerializer(MixedSerializer):
    resource = "unified_job_templates"

    last_job_run = serializers.DateTimeField(read_only=True)
    last_job_failed = serializers.BooleanField(read_only=True)
    next_job_run = serializers.DateTimeField(read_only=True)
    status = serializers.ChoiceField(choices=[*STATUS_CHOICES, *STATUSES_OF_SOURCES], read_only=True)

    class Meta:
        model = UnifiedJobTemplate
        fields: ClassVar = [
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

    @classmethod
    def by_kind(cls) -> dict[str, type[ResourceSerializer]]:
        return {kind.name: import_string(kind.serializer) for kind in launchable_kinds() if kind.is_listed}

    def own(self, instance: Any) -> Model:
        return specific(instance)


class AnyJobSerializer(MixedSerializer):
    resource = "unified_jobs"

    failed = serializers.BooleanField(read_only=True)
    elapsed = serializers.FloatField(read_only=True)
    controller_node = serializers.CharField(read_only=True)
    work_unit_id = AbsentText()
    launched_by = serializers.SerializerMethodField()

    class Meta:
        model = UnifiedJob
        fields: ClassVar = [
            *RUN_FIELDS,
            "controller_node",
            "organization",
        ]
        read_only_fields = fields

    def get_launched_by(self, obj: UnifiedJob) -> dict[str, Any]:
        return {}

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """Those that AWX names: ad hoc commands, of which there are none here, and no approvals."""
        kinds = [kind for kind in cls.by_kind() if kind != JobKind.WORKFLOW_APPROVAL]
        kinds.insert(kinds.index(JobKind.JOB) + 1, "ad_hoc_command")
        return tuple(kinds)

    @classmethod
    def by_kind(cls) -> dict[str, type[ResourceSerializer]]:
        return {kind.job_kind: import_string(kind.job_serializer) for kind in launchable_kinds()}

    def own(self, instance: Any) -> Model:
        run: UnifiedJob = instance
        return run
