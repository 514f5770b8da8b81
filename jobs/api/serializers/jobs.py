"""Runs as resources: AWX's fields of a job, and those of an HTTP call."""

import json
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Model
from django.utils import timezone
from rest_framework import serializers

from access.api.serializers import RuledSerializer
from access.rules import may_act, may_delete
from api.fields import PrimaryKeyField
from credentials.api.summaries import credential_summary
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.fields import RUN_FIELDS, AbsentText
from jobs.api.serializers.summaries import of_organization, of_project, of_template, of_unified_template
from jobs.api.serializers.surroundings import (
    RUN_RELATIONS,
    place_related,
    place_summary,
    related_of_launch,
    schedule_of,
    summaries_of_launch,
)
from jobs.host_summaries import status_counts
from jobs.kinds import with_own
from jobs.labels import in_summary
from jobs.models import JobTemplate, Project, UnifiedJob
from jobs.statuses import JobType, Outcome, Status, TemplateKind
from jobs.surveys import masked

ENDPOINTS = ("stdout", "job_events", "triage", "cancel", "relaunch", "replay", "dismiss", "create_schedule")

# What a job may have several of, in one statement each.
JOB_LISTS = ("credentials__credential_type", "labels", WITH_TOTALS)
# With all that their answers look at.
RUNS = UnifiedJob.objects.select_related(*RUN_RELATIONS).prefetch_related(
    with_own("unified_job_template"), *JOB_LISTS
)


def project_of(job: UnifiedJob) -> Project | None:
    """The project of the run's template as it is now; a run keeps the base URL, not the project."""
    template = job.unified_job_template
    if template is None or template.kind != TemplateKind.JOB_TEMPLATE:
        return None
    return template.as_job_template.project


class VariablesAsText(serializers.JSONField):
    """AWX's form of a run's parameters, with the answers to password questions masked."""

    def get_attribute(self, instance: Any) -> Any:
        return masked(instance.extra_vars, instance.secret_variables)

    def to_representation(self, value: Any) -> Any:
        return json.dumps(value)


class RunSerializer(RuledSerializer):
    """What runs of all kinds have in common: nobody changes one after who launched it."""

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        return related | ({"modified_by": related["created_by"]} if "created_by" in related else {})

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        return summary | ({"modified_by": summary["created_by"]} if "created_by" in summary else {})


class JobListSerializer(RunSerializer):
    """A run as lists show it."""

    resource = "jobs"
    object_type = "job"
    capabilities = ("delete", "start")

    failed = serializers.BooleanField(read_only=True)
    elapsed = serializers.SerializerMethodField(help_text="Elapsed time in seconds that the job ran.")
    controller_node = serializers.CharField(source="execution_node", read_only=True)
    launched_by = serializers.SerializerMethodField()
    work_unit_id = AbsentText()
    job_type = serializers.ChoiceField(choices=[*JobType.choices, ("scan", "Scan")], read_only=True)
    inventory = PrimaryKeyField(read_only=True)
    project = serializers.PrimaryKeyRelatedField[Any](
        source="unified_job_template.as_job_template.project", allow_null=True, read_only=True
    )
    playbook = serializers.CharField(
        source="request.endpoint", default="", read_only=True, help_text="AWX's name of `endpoint`."
    )
    endpoint = serializers.CharField(
        source="request.endpoint",
        default="",
        read_only=True,
        help_text="What is called, as the template said it.",
    )
    http_method = serializers.ChoiceField(
        source="request.method", choices=JobTemplate.Method.choices, default="", read_only=True
    )
    scm_branch = serializers.CharField(source="prompts.scm_branch", default="", read_only=True)
    forks = serializers.IntegerField(source="prompts.forks", default=0, read_only=True)
    limit = serializers.CharField(source="prompts.limit", default="", read_only=True)
    verbosity = serializers.ChoiceField(
        source="prompts.verbosity", choices=JobTemplate.Verbosity.choices, default=0, read_only=True
    )
    extra_vars = VariablesAsText(
        read_only=True, help_text="The parameters of the call, a JSON object as text."
    )
    job_tags = serializers.CharField(source="prompts.job_tags", default="", read_only=True)
    force_handlers = serializers.BooleanField(source="prompts.force_handlers", default=False, read_only=True)
    skip_tags = serializers.CharField(source="prompts.skip_tags", default="", read_only=True)
    start_at_task = serializers.CharField(source="prompts.start_at_task", default="", read_only=True)
    use_fact_cache = serializers.BooleanField(source="prompts.use_fact_cache", default=False, read_only=True)
    job_template = serializers.PrimaryKeyRelatedField[Any](source="unified_job_template", read_only=True)
    passwords_needed_to_start = serializers.SerializerMethodField()
    artifacts = serializers.JSONField(read_only=True, help_text="The JSON object that the endpoint answered.")
    scm_revision = AbsentText(shown="")
    diff_mode = serializers.BooleanField(source="prompts.diff_mode", default=False, read_only=True)
    job_slice_number = serializers.IntegerField(source="prompts.job_slice_number", default=0, read_only=True)
    job_slice_count = serializers.IntegerField(source="prompts.job_slice_count", default=1, read_only=True)
    webhook_service = serializers.ChoiceField(
        choices=[("", "---------"), *JobTemplate.WebhookService.choices], read_only=True
    )
    webhook_credential = PrimaryKeyField(read_only=True)
    webhook_guid = serializers.CharField(read_only=True)
    schedule = serializers.PrimaryKeyRelatedField[Any](
        source="occurrence.schedule",
        allow_null=True,
        read_only=True,
        help_text="The schedule that launched it.",
    )
    report = serializers.JSONField(
        read_only=True,
        help_text="What the endpoint reported last: status, progress (percent), message, error.",
    )
    dead_letter = serializers.BooleanField(
        read_only=True, help_text="Whether it failed for good although its policy lets it try again."
    )
    next_attempt_at = serializers.SerializerMethodField(
        help_text="When a run that waits for its next attempt makes it."
    )
    run_policy = serializers.JSONField(
        source="request.policy", default=dict, read_only=True, help_text="The bounds and retries that it has."
    )
    failure_reason = serializers.ChoiceField(
        choices=[("", "---------"), *Outcome.choices], read_only=True, help_text="Why it was not successful."
    )

    class Meta:
        model = UnifiedJob
        fields: ClassVar = [
            *RUN_FIELDS,
            "controller_node",
            "job_type",
            "inventory",
            "project",
            "playbook",
            "endpoint",
            "http_method",
            "run_id",
            "scheduled_for",
            "schedule",
            "failure_reason",
            "attempts_made",
            "attempts_allowed",
            "next_attempt_at",
            "deadline_at",
            "dead_letter",
            "dismissed",
            "run_policy",
            "report",
            "scm_branch",
            "forks",
            "limit",
            "verbosity",
            "extra_vars",
            "job_tags",
            "force_handlers",
            "skip_tags",
            "start_at_task",
            "timeout",
            "use_fact_cache",
            "organization",
            "job_template",
            "passwords_needed_to_start",
            "allow_simultaneous",
            "artifacts",
            "scm_revision",
            "instance_group",
            "diff_mode",
            "job_slice_number",
            "job_slice_count",
            "webhook_service",
            "webhook_credential",
            "webhook_guid",
        ]
        read_only_fields = fields

    def may(self, capability: str, obj: Model) -> bool:
        user = self.context["request"].user
        return may_delete(user, obj) if capability == "delete" else may_act(user, obj, "relaunch")

    def get_elapsed(self, obj: UnifiedJob) -> float:
        if obj.started and obj.status == Status.RUNNING:
            return max(0.0, round((timezone.now() - obj.started).total_seconds(), 3))
        return float(obj.elapsed)

    def get_launched_by(self, obj: UnifiedJob) -> dict[str, Any]:
        schedule = schedule_of(obj)
        if schedule is not None:
            url = f"/api/v2/schedules/{schedule.pk}/"
            return {"id": schedule.pk, "name": schedule.name, "type": "schedule", "url": url}
        if obj.created_by is None:
            return {}
        user = obj.created_by
        return {"id": user.pk, "name": user.username, "type": "user", "url": f"/api/v2/users/{user.pk}/"}

    def get_next_attempt_at(self, obj: UnifiedJob) -> datetime | None:
        return obj.available_at if obj.status == Status.WAITING and obj.attempts_made else None

    def get_passwords_needed_to_start(self, obj: UnifiedJob) -> list[str]:
        return []

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/jobs/{obj.pk}"
        related = super().get_related(obj)
        related |= {name: f"{own}/{name}/" for name in ENDPOINTS}
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        template = obj.unified_job_template
        if template is not None:
            related["unified_job_template"] = f"/api/v2/{template.kind}s/{template.pk}/"
            if template.kind == TemplateKind.JOB_TEMPLATE:
                related["job_template"] = related["unified_job_template"]
        project = project_of(obj)
        if project is not None:
            related["project"] = f"/api/v2/projects/{project.pk}/"
        return related | place_related(obj) | related_of_launch(obj)

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization:
            summary["organization"] = of_organization(obj.organization)
        template = obj.unified_job_template
        if template is not None:
            summary["unified_job_template"] = of_unified_template(template)
            if template.kind == TemplateKind.JOB_TEMPLATE:
                summary["job_template"] = of_template(template)
        project = project_of(obj)
        if project is not None:
            summary["project"] = of_project(project)
        summary |= place_summary(obj) | summaries_of_launch(obj)
        labels = [{"id": label.pk, "name": label.name} for label in obj.labels.all()]
        credentials = [credential_summary(one) for one in obj.credentials.all()]
        return summary | {"labels": in_summary(labels), "credentials": credentials}


class JobSerializer(JobListSerializer):
    """A run as its own page shows it."""

    job_args = AbsentText(shown="")
    job_cwd = AbsentText(shown="")
    job_env = serializers.SerializerMethodField()
    event_processing_finished = serializers.BooleanField(
        source="is_finished", read_only=True, help_text="Whether the record of the run is complete."
    )
    host_status_counts = serializers.SerializerMethodField()
    playbook_counts = serializers.SerializerMethodField()
    custom_virtualenv = AbsentText()

    class Meta(JobListSerializer.Meta):
        fields: ClassVar = [
            *JobListSerializer.Meta.fields,
            "job_args",
            "job_cwd",
            "job_env",
            "result_traceback",
            "event_processing_finished",
            "host_status_counts",
            "playbook_counts",
            "custom_virtualenv",
        ]
        read_only_fields = fields

    def get_job_env(self, obj: UnifiedJob) -> dict[str, str]:
        return {}

    def get_host_status_counts(self, obj: UnifiedJob) -> dict[str, int] | None:
        if not obj.is_finished or not obj.attempts_made:
            return None
        if obj.inventory_id:
            return status_counts(obj)
        return {"failures" if obj.failed else "ok": 1}

    def get_playbook_counts(self, obj: UnifiedJob) -> dict[str, int]:
        return {"play_count": obj.attempts_made, "task_count": obj.attempts_made}
