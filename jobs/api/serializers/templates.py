"""What the serializers of all kinds of unified job template share."""

from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from access.api.serializers import RuledSerializer
from access.models import Organization
from access.rules import may_read
from api.fields import PrimaryKeyField
from instances.api.summaries import of_environment
from instances.models import ExecutionEnvironment
from jobs.api.serializers.summaries import of_organization, with_wire_times
from jobs.kinds import kind_of
from jobs.models import UnifiedJobTemplate
from jobs.placing import resolved_environment
from jobs.statuses import NEVER_RUN, Status, TemplateKind

# What templates may name; a project's is for its job templates.
ENVIRONMENTS = ("execution_environment", "default_environment")
STATUS_CHOICES = [*Status.choices, (NEVER_RUN, "Never Updated")]


class UnifiedJobTemplateSerializer(RuledSerializer):
    """Base of the kinds' serializers: the organization, the unique name and the state of the runs."""

    kind: ClassVar[TemplateKind]
    capabilities: ClassVar[tuple[str, ...]] = ("edit", "delete", "start", "schedule", "copy")

    organization = PrimaryKeyField(
        queryset=Organization.objects.all(),
        required=False,
        allow_null=True,
        help_text="The organization used to determine access to this template.",
    )
    last_job_run = serializers.DateTimeField(read_only=True)
    last_job_failed = serializers.BooleanField(read_only=True)
    next_job_run = serializers.DateTimeField(read_only=True)
    status = serializers.ChoiceField(choices=STATUS_CHOICES, read_only=True)

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        for name in ENVIRONMENTS:
            number = getattr(obj, f"{name}_id", None)
            if number:
                related[name] = f"/api/v2/execution_environments/{number}/"
        for name in ("current_job", "last_job"):
            run = getattr(obj, f"{name}_data")
            if run:
                related[name] = f"/api/v2/{kind_of(obj).job_kind}s/{run['id']}/"
        if obj.next_schedule_data:
            related["next_schedule"] = f"/api/v2/schedules/{obj.next_schedule_data['id']}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization:
            summary["organization"] = of_organization(obj.organization)
        for name in ENVIRONMENTS:
            environment = getattr(obj, name, None)
            if environment is not None:
                summary[name] = of_environment(environment)
        if not (self.is_in_list or self.context.get("in_list")):
            resolved = resolved_environment(obj)
            if resolved is not None:
                summary["resolved_environment"] = of_environment(resolved)
        if obj.next_schedule_data:
            summary["next_schedule"] = with_wire_times(obj.next_schedule_data)
        if obj.current_job_data:
            run = {name: value for name, value in obj.current_job_data.items() if name != "finished"}
            summary["current_update"] = summary["current_job"] = run
        if obj.last_job_data:
            summary["last_job"] = with_wire_times(obj.last_job_data)
            summary["last_update"] = {k: v for k, v in obj.last_job_data.items() if k != "finished"}
        return summary

    def may(self, capability: str, obj: Model) -> bool:
        return super().may("launch" if capability == "start" else capability, obj)

    def validate_execution_environment(
        self, environment: ExecutionEnvironment | None
    ) -> ExecutionEnvironment | None:
        return self._readable(environment, "execution_environment")

    def validate_default_environment(
        self, environment: ExecutionEnvironment | None
    ) -> ExecutionEnvironment | None:
        return self._readable(environment, "default_environment")

    def _readable(self, environment: ExecutionEnvironment | None, name: str) -> ExecutionEnvironment | None:
        is_new = environment is not None and environment.pk != getattr(self.instance, f"{name}_id", None)
        if environment is not None and is_new and not may_read(self.context["request"].user, environment):
            raise PermissionDenied
        return environment

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.take_organization(attrs)
        self._check_unique(attrs)
        return attrs

    def take_organization(self, attrs: dict[str, Any]) -> None:
        """Fill in an organization that was not given; a kind that has somewhere to take it from overrides this."""

    def create(self, validated_data: dict[str, Any]) -> Any:
        return self._saved(super().create, validated_data | {"kind": self.kind})

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return self._saved(
            lambda values: super(UnifiedJobTemplateSerializer, self).update(instance, values), validated_data
        )

    def _saved(self, save: Any, values: dict[str, Any]) -> Any:
        """Two requests may pass the check at once: the database's own constraint has the last word."""
        try:
            with transaction.atomic():
                return save(values)
        except IntegrityError as error:
            if "template_name_unique" in str(error):
                raise already_exists(self.Meta.model) from None
            raise

    def _check_unique(self, attrs: dict[str, Any]) -> None:
        check_name_is_free(
            self.Meta.model,
            name=attrs.get("name", getattr(self.instance, "name", "")),
            organization=attrs.get("organization", getattr(self.instance, "organization", None)),
            apart_from=getattr(self.instance, "pk", None),
        )


def check_name_is_free(
    model: type[UnifiedJobTemplate],
    *,
    name: str,
    organization: Organization | None,
    apart_from: int | None = None,
) -> None:
    """One name may be used once among the objects of a kind in an organization, and once among those of none.

    Raises ValidationError.
    """
    others = model.objects.filter(name=name, organization=organization)
    if apart_from is not None:
        others = others.exclude(pk=apart_from)
    if others.exists():
        raise already_exists(model)


def already_exists(model: type[UnifiedJobTemplate]) -> ValidationError:
    return ValidationError(
        {"__all__": [f"{model.__name__} with this (organization, name) combination already exists."]}
    )
