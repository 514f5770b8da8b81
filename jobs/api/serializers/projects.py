"""Projects as resources: services, of which `scm_url` is the base URL, with or without a catalogue."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.rules import may_act
from jobs.api.serializers.fields import AbsentResource, AbsentText, BaseUrlField, EndpointField
from jobs.api.serializers.templates import STATUS_CHOICES, UnifiedJobTemplateSerializer
from jobs.endpoints import is_absolute
from jobs.launching import launch
from jobs.models import Project
from jobs.prompts import LaunchAnswers
from jobs.statuses import TemplateKind

ENDPOINTS = ("playbooks", "update", "copy")

# A change of one of these means another document, so the catalogue is fetched again.
SOURCE = ("scm_type", "scm_url", "catalog_url", "scm_branch", "scm_refspec")


class ProjectStatusField(serializers.ChoiceField):
    """The state of the update that goes on, or of the last one; a project without a catalogue is in order as it is."""

    def get_attribute(self, instance: Any) -> str:
        return str(instance.status) if instance.has_catalogue else "ok"


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
    catalog_url = EndpointField(
        required=False,
        allow_blank=True,
        max_length=1024,
        help_text="Where the service says which endpoints it has, as an OpenAPI 3 document or a JSON list: "
        "a path under the base URL, or a URL. Empty with an scm_type: the base URL itself; without: nowhere.",
    )
    credential = AbsentResource()
    custom_virtualenv = AbsentText()
    signature_validation_credential = AbsentResource()
    status = ProjectStatusField(
        choices=[*STATUS_CHOICES, ("ok", "OK"), ("missing", "Missing")], read_only=True
    )
    last_update_failed = serializers.BooleanField(source="last_job_failed", read_only=True)
    last_updated = serializers.DateTimeField(source="last_job_run", read_only=True)

    class Meta:
        model = Project
        fields: ClassVar = [
            "name",
            "description",
            "local_path",
            "scm_type",
            "scm_url",
            "catalog_url",
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
        read_only_fields: ClassVar = ["scm_revision"]

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        own = f"/api/v2/projects/{obj.pk}"
        related |= {name: f"{own}/{name}/" for name in ENDPOINTS}
        related["inventory_files"] = f"{own}/inventories/"
        for update, job in (("current_update", "current_job"), ("last_update", "last_job")):
            if job in related:
                related[update] = related[job]
        return related

    def may(self, capability: str, obj: Model) -> bool:
        """A project without a catalogue has nothing to start or schedule; AWX does not copy it either."""
        if capability in ("edit", "delete"):
            return super().may(capability, obj)
        if not (isinstance(obj, Project) and obj.has_catalogue):
            return False
        action = "update" if capability == "start" else capability
        return may_act(self.context["request"].user, obj, action)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        catalog_url, scm_type, scm_url = (
            attrs.get(name, getattr(self.instance, name, ""))
            for name in ("catalog_url", "scm_type", "scm_url")
        )
        if (catalog_url or scm_type) and not scm_url and not is_absolute(catalog_url):
            raise ValidationError({"scm_url": ["SCM URL is required."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        project = super().create(validated_data)
        self.fetch(project)
        return project

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        before = [getattr(instance, name) for name in SOURCE]
        project = self._saved(lambda values: _write(instance, values), validated_data)
        if before != [getattr(project, name) for name in SOURCE]:
            self.fetch(project)
        return project

    def fetch(self, project: Project) -> None:
        """Start an update of a project whose source is new (AWX's way)."""
        if project.has_catalogue:
            launch(project, user=self.context["request"].user, answers=LaunchAnswers())


def _write(project: Project, values: dict[str, Any]) -> Project:
    """Only what was sent: an update that ends meanwhile writes other columns of the row."""
    for name, value in values.items():
        setattr(project, name, value)
    project.save(update_fields=[*values, "modified"])
    return project
