from typing import Any, ClassVar

from rest_framework import serializers

from access.api.names import resource_summary
from access.api.serializers import RuledSerializer
from access.models import Organization
from access.roles import ORGANIZATION, ORGANIZATION_ROLES
from api.fields import PrimaryKeyField
from api.views import Resource

SUBLISTS = (
    "users",
    "admins",
    "teams",
    "inventories",
    "object_roles",
    "access_list",
    "instance_groups",
    "execution_environments",
)


class OrganizationSerializer(RuledSerializer):
    resource = "organizations"
    object_type = "organization"
    role_kind = ORGANIZATION

    custom_virtualenv = serializers.CharField(
        read_only=True, default=None, help_text="AWX's, without effect."
    )
    # Execution environments are AWX's: there is none to name.
    default_environment = PrimaryKeyField(
        queryset=Organization.objects.none(),
        allow_null=True,
        default=None,
        help_text="AWX's, without effect.",
    )

    class Meta:
        model = Organization
        fields: ClassVar = ["name", "description", "max_hosts", "custom_virtualenv", "default_environment"]

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {name: f"{self.get_url(obj)}{name}/" for name in SUBLISTS}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return {"resource": resource_summary(obj, "organization"), **super().get_summary_fields(obj)}

    def create(self, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("default_environment", None)
        return super().create(validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("default_environment", None)
        return super().update(instance, validated_data)

    def to_representation(self, instance: Organization) -> dict[str, Any]:
        return {
            **super().to_representation(instance),
            "custom_virtualenv": None,
            "default_environment": None,
        }


class OrganizationViewSet(Resource):
    """The owners of templates, users and credentials. A path may name one by id or by name."""

    queryset = Organization.objects.select_related("created_by", "modified_by")
    serializer_class = OrganizationSerializer
    named_by = (("name",),)
    object_roles = tuple(ORGANIZATION_ROLES)
