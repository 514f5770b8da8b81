"""System job templates and system jobs as resources, in AWX's form."""

import json
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers

from jobs.api.serializers.fields import RUN_FIELDS, AbsentText
from jobs.api.serializers.jobs import JobListSerializer, JobSerializer, RunSerializer
from jobs.api.serializers.summaries import of_unified_template
from jobs.api.serializers.surroundings import (
    place_related,
    place_summary,
    related_of_launch,
    summaries_of_launch,
)
from jobs.api.serializers.templates import STATUS_CHOICES, UnifiedJobTemplateSerializer
from jobs.models import SystemJob, SystemJobTemplate
from jobs.record import events_of
from jobs.statuses import TemplateKind
from jobs.stdout import as_text, lines_of

JOB_TYPES = [("", "---------"), *SystemJobTemplate.JobType.choices]
# All that a system job's answer looks at, in one statement.
SYSTEM_JOB_RELATIONS = (
    "created_by",
    "execution_environment",
    "instance_group",
    "unified_job_template__as_system_job_template",
    "occurrence__schedule",
    "unified_job_node__workflow_job",
)


class TextOfVariables(serializers.CharField):
    """A run's parameters as AWX shows them here: JSON as text."""

    metadata_type = "string"

    def to_representation(self, value: Any) -> str:
        return json.dumps(value)


class SystemJobTemplateSerializer(UnifiedJobTemplateSerializer):
    resource = "system_job_templates"
    object_type = "system_job_template"
    kind = TemplateKind.SYSTEM_JOB_TEMPLATE
    capabilities: ClassVar[Any] = ()

    status = serializers.ChoiceField(
        choices=[
            *STATUS_CHOICES,
            ("ok", "OK"),
            ("missing", "Missing"),
            ("none", "None"),
            ("updating", "Updating"),
        ],
        read_only=True,
    )
    job_type = serializers.ChoiceField(choices=JOB_TYPES, read_only=True)

    class Meta:
        model = SystemJobTemplate
        fields: ClassVar = [
            *("name", "description"),
            *(
                "last_job_run",
                "last_job_failed",
                "next_job_run",
                "status",
                "execution_environment",
                "job_type",
            ),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        return super().get_related(obj) | {name: f"{own}{name}/" for name in ("jobs", "schedules", "launch")}


class SystemJobListSerializer(JobListSerializer):
    """A system job as lists show it."""

    resource = "system_jobs"
    object_type = "system_job"

    job_type = serializers.ChoiceField(choices=JOB_TYPES, read_only=True)
    system_job_template = serializers.PrimaryKeyRelatedField[Any](
        source="unified_job_template", read_only=True
    )
    extra_vars: Any = TextOfVariables(read_only=True, help_text="How old what is removed must be: days.")

    class Meta:
        model = SystemJob
        fields: ClassVar = [
            *RUN_FIELDS,
            *("system_job_template", "job_type", "extra_vars", "schedule", "scheduled_for"),
            *("instance_group", "failure_reason", "artifacts"),
        ]
        read_only_fields = fields

    def may(self, capability: str, obj: Model) -> bool:
        """A system job is never started again: its template is."""
        return capability != "start" and super().may(capability, obj)

    def get_related(self, obj: Any) -> dict[str, str]:
        related = RunSerializer.get_related(self, obj) | place_related(obj)
        related |= {name: f"{self.get_url(obj)}{name}/" for name in ("stdout", "events", "cancel")}
        if obj.unified_job_template_id:
            template = f"/api/v2/system_job_templates/{obj.unified_job_template_id}/"
            related |= {"unified_job_template": template, "system_job_template": template}
        return related | related_of_launch(obj)

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = RunSerializer.get_summary_fields(self, obj) | place_summary(obj)
        template = obj.unified_job_template
        if template is not None:
            summary["unified_job_template"] = of_unified_template(template)
        return summary | summaries_of_launch(obj)


class SystemJobSerializer(SystemJobListSerializer, JobSerializer):
    """A system job as its own page shows it."""

    result_stdout = serializers.SerializerMethodField(help_text="The readable record of the run.")
    job_args = AbsentText(shown="")

    class Meta(SystemJobListSerializer.Meta):
        fields: ClassVar = [
            *SystemJobListSerializer.Meta.fields,
            *("job_args", "job_cwd", "job_env", "result_traceback", "event_processing_finished"),
            "result_stdout",
        ]
        read_only_fields = fields

    def get_result_stdout(self, obj: SystemJob) -> str:
        return as_text(lines_of(events_of(obj, ()))) if obj.started else ""
