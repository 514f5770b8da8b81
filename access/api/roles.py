"""Roles: all that the asker may see, who has one, and those of an object, a user, a team."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

from access.api.attaching import BySublist, RoleSublist
from access.api.object_roles import page_of
from access.api.teams import TEAMS, TeamSerializer
from access.api.users import UserSerializer
from access.models import Role, Team, User
from access.roles import (
    SYSTEM,
    SYSTEM_ADMINISTRATOR,
    SYSTEM_AUDITOR,
    SYSTEM_FLAGS,
    describe,
    kind_named,
    kind_of,
    kinds,
)
from api.serializers import ResourceSerializer
from api.views import ReadOnlyResource, ReadOnlySublist


class RoleSerializer(ResourceSerializer):
    resource = "roles"
    object_type = "role"
    capabilities = ()

    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()

    class Meta:
        model = Role
        fields: ClassVar = ["id", "type", "url", "related", "summary_fields", "name", "description"]

    def get_name(self, obj: Role) -> str:
        return describe(obj)[0]

    def get_description(self, obj: Role) -> str:
        return describe(obj)[1]

    def get_related(self, obj: Any) -> dict[str, str]:
        related = {name: f"{self.get_url(obj)}{name}/" for name in ("users", "teams")}
        kind = kind_named(obj.kind)
        if kind is not None:
            related[obj.kind] = f"/api/v2/{kind.resource}/{obj.object_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        kind = kind_named(obj.kind)
        if kind is None:
            return {}
        return {
            "resource_name": self._names(obj).get((obj.kind, obj.object_id), ""),
            "resource_type": obj.kind,
            "resource_type_display_name": str(kind.model._meta.verbose_name).title(),
            "resource_id": obj.object_id,
        }

    def _names(self, obj: Role) -> Mapping[tuple[str, int | None], str]:
        """The names of the objects of all roles that are shown together: one statement for each kind."""
        context: Any = self.context
        known: dict[tuple[str, int | None], str] = context.setdefault("names_of_objects", {})
        if (obj.kind, obj.object_id) not in known:
            for kind in kinds():
                ids = {role.object_id for role in page_of(self, obj) if role.kind == kind.name}
                rows = kind.model._default_manager.order_by().filter(pk__in=ids) if ids else ()
                known |= {(kind.name, row.pk): str(row) for row in rows}
        return known


# AWX writes the names of its models without underscores.
MODEL_NAMES = {"jobtemplate": "job_template"}


def kind_written(text: str) -> str:
    return MODEL_NAMES.get(text, text)


class Roles(ReadOnlySublist):
    """What all lists of roles have in common."""

    queryset = Role.objects.all()
    serializer_class: Any = RoleSerializer
    search_fields = ("role_field", "content_type__model")
    lookup_aliases: ClassVar[dict[str, str]] = {
        "role_field": "role_field",
        "content_type__model": "kind",
        "object_id": "object_id",
    }
    lookup_values: ClassVar[dict[str, Callable[[str], str]]] = {"content_type__model": kind_written}


class RoleViewSet(ReadOnlyResource):
    """What may be done with each object, for users and teams to be given."""

    queryset = Role.objects.all()
    serializer_class = RoleSerializer
    search_fields = Roles.search_fields
    lookup_aliases = Roles.lookup_aliases
    lookup_values = Roles.lookup_values


class RoleUsers(RoleSublist):
    """The users whom a role was given to directly; POST gives and takes it."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    parents = Role.objects.all()

    def get_queryset(self) -> QuerySet[User]:
        users = User.objects.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method in ("OPTIONS", "POST"):
            return users
        role: Any = self.get_parent()
        if role.kind == SYSTEM:
            return users.filter(**{SYSTEM_FLAGS[role.role_field]: True})
        return users.filter(roles=role)

    def pair(self, parent: Role, attached: User) -> tuple[Role, User | Team]:
        return parent, attached


class RoleTeams(RoleSublist):
    """The teams that a role was given to; POST gives and takes it."""

    queryset = TEAMS
    serializer_class = TeamSerializer
    parents = Role.objects.all()
    parent_relation = "roles"

    def pair(self, parent: Role, attached: Team) -> tuple[Role, User | Team]:
        return parent, attached


class UserRoles(RoleSublist, Roles):
    """The roles that were given to a user directly; POST gives and takes one."""

    parents = User.objects.all()

    def get_queryset(self) -> QuerySet[Role]:
        roles = Role.objects.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return roles
        user: Any = self.get_parent()
        flags = {SYSTEM_ADMINISTRATOR: user.is_superuser, SYSTEM_AUDITOR: user.is_system_auditor}
        own = [name for name, has in flags.items() if has]
        return roles.filter(
            Q(pk__in=Role.members.through.objects.filter(user=user).values("role"))
            | Q(kind=SYSTEM, role_field__in=own)
        )

    def pair(self, parent: User, attached: Role) -> tuple[Role, User | Team]:
        return attached, parent


class TeamRoles(RoleSublist, Roles):
    """The roles that were given to a team; POST gives and takes one."""

    parents = Team.objects.all()
    parent_relation = "teams"

    def pair(self, parent: Team, attached: Role) -> tuple[Role, User | Team]:
        return attached, parent


class ObjectRoles(Roles):
    """The roles of one object."""

    permission_classes = (BySublist,)

    def get_queryset(self) -> QuerySet[Role]:
        roles = Role.objects.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return roles
        parent: Model = self.get_parent()
        return roles.filter(kind=kind_of(type(parent)).name, object_id=parent.pk)
