from typing import Any, ClassVar

from rest_framework.serializers import BaseSerializer

from access.api.names import resource_summary
from access.api.serializers import RuledSerializer
from access.models import Organization, Team, User
from access.permissions import body_of
from access.role_rules import refuse_new_organization
from access.roles import TEAM, TEAM_ROLES, give_to_creator
from api.fields import PrimaryKeyField
from api.views import Resource, Sublist

TEAMS = Team.objects.select_related("organization", "created_by", "modified_by")


class TeamSerializer(RuledSerializer):
    resource = "teams"
    object_type = "team"
    role_kind = TEAM

    organization = PrimaryKeyField(queryset=Organization.objects.all())

    class Meta:
        model = Team
        fields: ClassVar = ["name", "description", "organization"]

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"organization": f"/api/v2/organizations/{obj.organization_id}/"}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        organization = obj.organization
        return {
            "organization": {
                "id": organization.pk,
                "name": organization.name,
                "description": organization.description,
            },
            "resource": resource_summary(obj, "team"),
            **super().get_summary_fields(obj),
        }


def save_new(user: User, serializer: BaseSerializer[Any]) -> None:
    """Save an object in the name of the one who makes it, and let him administer it."""
    obj = serializer.save(created_by=user, modified_by=user)
    give_to_creator(obj, user)


class TeamViewSet(Resource):
    """Users who are given roles together."""

    queryset = TEAMS
    serializer_class = TeamSerializer
    named_by = (("name",), ("organization__name",))
    object_roles = tuple(TEAM_ROLES)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        user = self.request.user
        assert isinstance(user, User)
        save_new(user, serializer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        team = serializer.instance
        assert isinstance(team, Team)
        refuse_new_organization(team, body_of(self.request))
        super().perform_update(serializer)


class OrganizationTeams(Sublist):
    """The teams of an organization; POST makes one more."""

    queryset = TEAMS
    serializer_class = TeamSerializer
    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"
    parent_field: ClassVar[str] = "organization"

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        user = self.request.user
        assert isinstance(user, User)
        save_new(user, serializer)
