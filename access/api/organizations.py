from typing import Any, ClassVar

from django.db.models import TextField, Value
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from access.api.names import resource_summary
from access.api.object_roles import page_of
from access.api.serializers import RuledSerializer
from access.counting import counts_below
from access.models import Organization
from access.roles import ORGANIZATION, ORGANIZATION_ROLES
from access.rules import may_read
from api.views import Resource


class OrganizationSerializer(RuledSerializer):
    resource = "organizations"
    object_type = "organization"
    role_kind = ORGANIZATION

    custom_virtualenv = serializers.CharField(
        read_only=True, default=None, help_text="AWX's, without effect."
    )

    class Meta:
        model = Organization
        fields: ClassVar = ["name", "description", "max_hosts", "custom_virtualenv", "default_environment"]

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        if obj.default_environment_id:
            related["default_environment"] = f"/api/v2/execution_environments/{obj.default_environment_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = {"resource": resource_summary(obj, "organization"), **super().get_summary_fields(obj)}
        environment = obj.default_environment
        if environment is not None:
            names = ("name", "description", "image")
            summary["default_environment"] = {"id": environment.pk} | {
                name: getattr(environment, name) for name in names
            }
        if "request" in self.context:
            summary["related_field_counts"] = self._counts(obj)
        return summary

    def _counts(self, obj: Organization) -> dict[str, int]:
        """Those of all organizations that are shown together: one statement for each kind of object."""
        context: Any = self.context
        known: dict[int, dict[str, int]] = context.setdefault("counts_by_organization", {})
        if obj.pk not in known:
            known |= counts_below({shown.pk for shown in page_of(self, obj)}, context["request"].user)
        return known[obj.pk]

    def validate_default_environment(self, environment: Any) -> Any:
        is_new = environment is not None and environment != getattr(
            self.instance, "default_environment", None
        )
        if is_new and not may_read(self.context["request"].user, environment):
            raise PermissionDenied
        return environment

    def to_representation(self, instance: Organization) -> dict[str, Any]:
        return {
            **super().to_representation(instance),
            "custom_virtualenv": None,
        }


class OrganizationViewSet(Resource):
    """The owners of templates, users and credentials. A path may name one by id or by name."""

    queryset = Organization.objects.select_related("default_environment", "created_by", "modified_by").alias(
        custom_virtualenv=Value(None, output_field=TextField(null=True))
    )
    computed = ("custom_virtualenv",)
    serializer_class = OrganizationSerializer
    named_by = (("name",),)
    object_roles = tuple(ORGANIZATION_ROLES)
