"""Projects as resources: services, of which `scm_url` is the base URL, with or without a catalogue."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.rules import may_act
from jobs.api.serializers.fields import AbsentResource, AbsentText, BaseUrlField, WebEndpointField
from jobs.api.serializers.templates import STATUS_CHOICES, UnifiedJobTemplateSerializer
from jobs.endpoints import is_absolute, is_broker
from jobs.launching import launch
from jobs.limits import LIMITS, limits_changed
from jobs.models import Project
from jobs.prompts import LaunchAnswers
from jobs.statuses import BreakerPolicy, BreakerState, TemplateKind

ENDPOINTS = ("playbooks", "update", "copy", "service")

# A change of one of these means another document, so the catalogue is fetched again.
SOURCE = ("scm_type", "scm_url", "catalog_url", "scm_branch", "scm_refspec")


LARGEST = 2**31 - 1


class LimitField(serializers.IntegerField):
    """A number of calls or seconds."""

    def __init__(self, *, min_value: int = 0, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=min_value, max_value=LARGEST, **kwargs)


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
        help_text="The base URL of the service, http or https; endpoints are under it. Or that of a broker "
        "(amqp, amqps, redis, rediss): endpoints are its queues then.",
    )
    catalog_url = WebEndpointField(
        required=False,
        allow_blank=True,
        max_length=1024,
        help_text="Where the service says which endpoints it has, as an OpenAPI 3 document or a JSON list: "
        "a path under the base URL, or a URL. Empty with an scm_type: the base URL itself; without: nowhere.",
    )
    max_concurrent_calls = LimitField(
        help_text="How many calls of its job templates may be in flight, of all workers together; 0 for any number."
    )
    max_calls_per_second = LimitField(
        help_text="How many calls of its job templates may begin in any second; 0 for any number."
    )
    breaker_threshold = LimitField(
        help_text="After how many failures one after the other (no connection, a timeout, a status of 500 or more) "
        "the service is called no more for a while; 0 for never."
    )
    breaker_cooldown = LimitField(
        min_value=1, help_text="After how many seconds a single call then tries whether it is well again."
    )
    breaker_policy = serializers.ChoiceField(
        choices=BreakerPolicy.choices,
        required=False,
        help_text="What becomes of its runs meanwhile: they `wait`, or `fail` with the reason circuit_open; with "
        "`skip` they wait, and schedules launch no more of them.",
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
            *LIMITS,
            "breaker_cooldown",
            "breaker_policy",
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
        if (catalog_url or scm_type) and is_broker(scm_url) and not is_absolute(catalog_url):
            raise ValidationError({"scm_url": ["A broker has no catalogue of its queues to fetch."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        project = super().create(validated_data)
        limits_changed(project)
        self.fetch(project)
        return project

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        before = [getattr(instance, name) for name in SOURCE]
        limits = [getattr(instance, name) for name in LIMITS]
        project = self._saved(lambda values: _write(instance, values), validated_data)
        if limits != [getattr(project, name) for name in LIMITS]:
            limits_changed(project)
        if before != [getattr(project, name) for name in SOURCE]:
            self.fetch(project)
        return project

    def fetch(self, project: Project) -> None:
        """Start an update of a project whose source is new (AWX's way)."""
        if project.has_catalogue:
            launch(project, user=self.context["request"].user, answers=LaunchAnswers())


class ServiceSerializer(serializers.Serializer[Any]):
    """How a project's service is, as all workers see it. Where it has no limits, its breaker is closed."""

    breaker = serializers.ChoiceField(choices=BreakerState.choices)
    since = serializers.DateTimeField(
        allow_null=True, help_text="Since when; null while it never was in another state."
    )
    failures = serializers.IntegerField(help_text="How many calls have failed one after the other.")
    reason = serializers.CharField(help_text="Why it is open.")
    half_opens = serializers.DateTimeField(
        allow_null=True, help_text="When an open one lets the next call through."
    )
    calls_in_flight = serializers.IntegerField()
    calls_last_second = serializers.IntegerField(help_text="Counted while they are limited.")
    calls_waiting = serializers.IntegerField(help_text="Those that could begin but for the limits.")


def _write(project: Project, values: dict[str, Any]) -> Project:
    """Only what was sent: an update that ends meanwhile writes other columns of the row."""
    for name, value in values.items():
        setattr(project, name, value)
    project.save(update_fields=[*values, "modified"])
    return project
