"""Projects as resources: services, of which `scm_url` is the base URL."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers

from jobs.api.serializers.fields import AbsentResource, AbsentText, BaseUrlField
from jobs.api.serializers.summaries import project_status
from jobs.api.serializers.templates import STATUS_CHOICES, UnifiedJobTemplateSerializer
from jobs.models import Project
from jobs.statuses import TemplateKind


class ProjectStatusField(serializers.ChoiceField):
    """The state of a project's catalogue, of which nothing is stored yet."""

    def get_attribute(self, instance: Project) -> str:
        return project_status(instance)


class ProjectSerializer(UnifiedJobTemplateSerializer):
    resource = "projects"
    object_type = "project"
    kind = TemplateKind.PROJECT
    role_kind = TemplateKind.PROJECT

    scm_url = BaseUrlField(
        required=False,
        allow_blank=True,
        help_text="The base URL of the service, http or https; endpoints are under it.",
    )
    credential = AbsentResource()
    scm_revision = AbsentText(shown="")
    custom_virtualenv = AbsentText()
    default_environment = AbsentResource()
    signature_validation_credential = AbsentResource()
    status = ProjectStatusField(
        choices=[*STATUS_CHOICES, ("ok", "OK"), ("missing", "Missing")], read_only=True
    )
    last_update_failed = serializers.BooleanField(source="last_job_failed", read_only=True)
    last_updated = serializers.DateTimeField(source="last_job_run", read_only=True)

    class Meta:
        model = Project
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
            "local_path",
            "scm_type",
            "scm_url",
            "scm_branch",
            "scm_refspec",
            "scm_clean",
            "scm_track_submodules",
            "scm_delete_on_update",
            "credential",
            "timeout",
            "scm_revision",
            "last_job_run",
            "last_job_failed",
            "next_job_run",
            "status",
            "organization",
            "scm_update_on_launch",
            "scm_update_cache_timeout",
            "allow_override",
            "custom_virtualenv",
            "default_environment",
            "signature_validation_credential",
            "last_update_failed",
            "last_updated",
        ]

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        return super().get_related(obj) | {name: f"{own}{name}/" for name in ("object_roles", "access_list")}

    def may(self, capability: str, obj: Model) -> bool:
        """A project has nothing to launch yet, so there is nothing to start, schedule or copy."""
        return capability in ("edit", "delete") and super().may(capability, obj)
