"""Updates of projects as resources: AWX's fields, and those of the call that fetches a catalogue."""

from typing import Any, ClassVar

from rest_framework import serializers

from jobs.api.serializers.fields import RUN_FIELDS, AbsentResource, AbsentText
from jobs.api.serializers.jobs import JobListSerializer, JobSerializer, RunSerializer
from jobs.api.serializers.summaries import of_project
from jobs.api.serializers.surroundings import related_of_run, summaries_of_run
from jobs.models import Project, ProjectUpdate
from jobs.statuses import JobType, TemplateKind

# All that an update's answer looks at, in one statement.
UPDATE_RELATIONS = (
    "organization",
    "created_by",
    "execution_environment",
    "instance_group",
    "unified_job_template__as_project",
    "occurrence__schedule",
    "unified_job_node__workflow_job",
)


class Revision(AbsentText):
    """Empty until a document was read."""

    def get_attribute(self, instance: Any) -> str:
        return str(instance.artifacts.get("revision", ""))


class Steps(serializers.CharField):
    """The steps of an update, in AWX's words."""

    def get_attribute(self, instance: Any) -> str:
        scm_type = instance.prompts.get("scm_type") or Project.SourceType.ARCHIVE.value
        return f"update_{scm_type},install_roles,install_collections"


class ProjectUpdateListSerializer(JobListSerializer):
    """An update as lists show it. What AWX shows of the project's settings is as it was when the update was made."""

    resource = "project_updates"
    object_type = "project_update"

    project = serializers.PrimaryKeyRelatedField[Any](source="unified_job_template", read_only=True)
    catalog_url = serializers.CharField(
        source="request.endpoint",
        default="",
        read_only=True,
        help_text="Where the catalogue is, as the project said it.",
    )
    local_path = serializers.CharField(source="prompts.local_path", default="", read_only=True)
    scm_type = serializers.ChoiceField(
        source="prompts.scm_type", choices=Project.SourceType.choices, default="", read_only=True
    )
    scm_url = serializers.CharField(source="prompts.scm_url", default="", read_only=True)
    scm_refspec = serializers.CharField(source="prompts.scm_refspec", default="", read_only=True)
    scm_clean = serializers.BooleanField(source="prompts.scm_clean", default=False, read_only=True)
    scm_track_submodules = serializers.BooleanField(
        source="prompts.scm_track_submodules", default=False, read_only=True
    )
    scm_delete_on_update = serializers.BooleanField(
        source="prompts.scm_delete_on_update", default=False, read_only=True
    )
    credential = AbsentResource(read_only=True)
    scm_revision = Revision(shown="", help_text="A hash of the document that was read.")
    job_type = serializers.ChoiceField(choices=JobType.choices, read_only=True)
    job_tags = Steps(read_only=True)

    class Meta:
        model = ProjectUpdate
        fields: ClassVar = [
            *RUN_FIELDS,
            *("local_path", "scm_type", "scm_url", "catalog_url", "scm_branch", "scm_refspec"),
            *("scm_clean", "scm_track_submodules", "scm_delete_on_update", "credential", "timeout"),
            *("scm_revision", "project", "job_type", "job_tags", "organization", "schedule", "scheduled_for"),
            *("instance_group", "run_id", "failure_reason", "attempts_made"),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/project_updates/{obj.pk}"
        related = RunSerializer.get_related(self, obj)
        related |= {name: f"{own}/{name}/" for name in ("stdout", "events", "cancel")}
        related |= related_of_run(obj)
        if obj.unified_job_template_id:
            related["project"] = f"/api/v2/projects/{obj.unified_job_template_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = RunSerializer.get_summary_fields(self, obj) | summaries_of_run(obj)
        template = obj.unified_job_template
        if template is not None and template.kind == TemplateKind.PROJECT:
            summary["project"] = of_project(template.as_project)
        return summary


class ProjectUpdateSerializer(ProjectUpdateListSerializer, JobSerializer):
    """An update as its own page shows it."""

    custom_virtualenv = AbsentText()

    class Meta(ProjectUpdateListSerializer.Meta):
        fields: ClassVar = [
            *ProjectUpdateListSerializer.Meta.fields,
            *("job_args", "job_cwd", "job_env", "result_traceback", "event_processing_finished"),
            *("host_status_counts", "playbook_counts", "custom_virtualenv"),
        ]
        read_only_fields = fields
