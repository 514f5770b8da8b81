from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from access.models import Organization, User
from access.rules import may_change, may_delete
from api.serializers import ResourceSerializer
from api.views import Resource

SUBLISTS = (
    "execution_environments",
    "projects",
    "inventories",
    "job_templates",
    "workflow_job_templates",
    "users",
    "admins",
    "teams",
    "credentials",
    "applications",
    "activity_stream",
    "notification_templates",
    "notification_templates_started",
    "notification_templates_success",
    "notification_templates_error",
    "notification_templates_approvals",
    "object_roles",
    "access_list",
    "instance_groups",
    "galaxy_credentials",
)


class OrganizationSerializer(ResourceSerializer):
    resource = "organizations"
    object_type = "organization"

    name = serializers.CharField(
        max_length=512,
        validators=[
            UniqueValidator(Organization.objects.all(), message="Organization with this Name already exists.")
        ],
    )
    custom_virtualenv = serializers.CharField(
        read_only=True, default=None, help_text="Kept for AWX's clients, without effect."
    )
    # Execution environments are AWX's: there is none to name.
    default_environment = serializers.PrimaryKeyRelatedField(
        queryset=Organization.objects.none(), allow_null=True, required=False, default=None
    )

    class Meta:
        model = Organization
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
            "max_hosts",
            "custom_virtualenv",
            "default_environment",
        ]

    def get_related(self, obj: Organization) -> dict[str, str]:
        people = {"created_by": obj.created_by_id, "modified_by": obj.modified_by_id}
        related = {name: f"/api/v2/users/{pk}/" for name, pk in people.items() if pk is not None}
        return {**related, **{name: f"{self.get_url(obj)}{name}/" for name in SUBLISTS}}

    def get_summary_fields(self, obj: Organization) -> dict[str, Any]:
        asker = self.context["request"].user
        people = {"created_by": obj.created_by, "modified_by": obj.modified_by}
        return {
            **{name: summary_of(user) for name, user in people.items() if user is not None},
            "user_capabilities": {"edit": may_change(asker, obj, {}), "delete": may_delete(asker, obj)},
        }

    def create(self, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("default_environment", None)
        return super().create(validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("default_environment", None)
        return super().update(instance, validated_data)


class OrganizationViewSet(Resource):
    """The owners of templates, users and credentials."""

    queryset = Organization.objects.select_related("created_by", "modified_by")
    serializer_class = OrganizationSerializer


def summary_of(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
    }
