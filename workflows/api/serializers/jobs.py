"""Runs of workflows as resources."""

from typing import Any, ClassVar

from rest_framework import serializers

from jobs.api.serializers.jobs import JobListSerializer, JobSerializer, RunSerializer
from jobs.api.serializers.summaries import of_template
from jobs.api.serializers.surroundings import related_of_run, summaries_of_run
from jobs.labels import in_summary
from jobs.models import UnifiedJob
from workflows.models import WorkflowJob


def template_name(job: UnifiedJob) -> str:
    """By what name AWX shows the template of a workflow's run."""
    return "job_template" if job.is_sliced_job else "workflow_job_template"


SUBLISTS = ("workflow_nodes", "labels", "relaunch", "cancel")


class TemplateKey(serializers.PrimaryKeyRelatedField[Any]):
    """The template of a run, if it is the job template of slices, or if it is not."""

    def __init__(self, *, of_slices: bool) -> None:
        super().__init__(source="unified_job_template", read_only=True)
        self.of_slices = of_slices

    def get_attribute(self, instance: Any) -> Any:
        return super().get_attribute(instance) if instance.is_sliced_job == self.of_slices else None


class WorkflowJobListSerializer(JobListSerializer):
    """A run of a workflow as lists show it."""

    resource = "workflow_jobs"
    object_type = "workflow_job"

    workflow_job_template = TemplateKey(of_slices=False)
    job_template = TemplateKey(of_slices=True)
    limit = serializers.CharField(source="prompts.limit", default=None, allow_null=True, read_only=True)
    scm_branch = serializers.CharField(
        source="prompts.scm_branch", default=None, allow_null=True, read_only=True
    )
    job_tags = serializers.CharField(source="prompts.job_tags", default=None, allow_null=True, read_only=True)
    skip_tags = serializers.CharField(
        source="prompts.skip_tags", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = WorkflowJob
        fields: ClassVar = [
            *("name", "description"),
            *("unified_job_template", "launch_type", "status", "failed", "started", "finished"),
            *("canceled_on", "elapsed", "job_explanation", "launched_by", "work_unit_id"),
            *("workflow_job_template", "extra_vars", "allow_simultaneous", "job_template", "is_sliced_job"),
            "is_bulk_job",
            *("inventory", "limit", "scm_branch", "webhook_service", "webhook_credential", "webhook_guid"),
            *("skip_tags", "job_tags", "organization", "schedule", "scheduled_for"),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/workflow_jobs/{obj.pk}"
        related = RunSerializer.get_related(self, obj) | related_of_run(obj)
        if "unified_job_template" in related:
            related[template_name(obj)] = related["unified_job_template"]
        return related | {name: f"{own}/{name}/" for name in SUBLISTS}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = RunSerializer.get_summary_fields(self, obj) | summaries_of_run(obj)
        if obj.unified_job_template:
            summary[template_name(obj)] = of_template(obj.unified_job_template)
        labels = [{"id": label.pk, "name": label.name} for label in obj.labels.all()]
        return summary | {"labels": in_summary(labels)}


class WorkflowJobSerializer(WorkflowJobListSerializer, JobSerializer):
    """A run of a workflow as its own page shows it."""

    class Meta(WorkflowJobListSerializer.Meta):
        fields: ClassVar = [
            *WorkflowJobListSerializer.Meta.fields,
            *("job_args", "job_cwd", "job_env", "result_traceback", "event_processing_finished"),
        ]
        read_only_fields = fields
