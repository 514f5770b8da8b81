"""Who has access to an object, and by which roles: his own, his teams', his organization's, or the system's."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet

from access.api.attaching import BySublist
from access.api.object_roles import page_of
from access.api.users import UserSerializer
from access.models import Role, Team, User
from access.role_rules import may_give
from access.roles import (
    ADMIN,
    MEMBER,
    ORGANIZATION,
    SYSTEM,
    SYSTEM_FLAGS,
    TEAM,
    describe,
    kind_named,
    kind_of,
)
from api.views import ReadOnlySublist

# Where it is written that teams hold roles, and by what users of these teams hold them with them.
HELD_BY_TEAMS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Role.teams.through, (ADMIN, MEMBER)),
    (Role.ruling_teams.through, (ADMIN,)),
)


def roles_on(obj: Model) -> QuerySet[Role]:
    """The roles of an object, and those of its organization that imply one of them."""
    kind = kind_of(type(obj))
    condition = Q(kind=kind.name, object_id=obj.pk)
    organization = getattr(obj, "organization_id", None)
    if organization is not None:
        above = {source for name in kind.fields for source in kind.organization_sources(name)}
        condition |= Q(kind=ORGANIZATION, object_id=organization, role_field__in=above)
    return Role.objects.filter(condition)


def members_of(teams: QuerySet[Any] | list[int], *, by: tuple[str, ...] = (ADMIN, MEMBER)) -> QuerySet[Role]:
    """The roles by which users belong to teams; those of the organizations that rule them included."""
    rows = Team.objects.order_by().filter(pk__in=teams)
    return Role.objects.filter(
        Q(kind=TEAM, role_field__in=by, object_id__in=rows.values("pk"))
        | Q(kind=ORGANIZATION, role_field=ADMIN, object_id__in=rows.values("organization"))
    )


def users_with_access(obj: Model) -> QuerySet[User]:
    roles = roles_on(obj)
    own = Role.members.through.objects.filter(role__in=roles.values("pk"))
    condition = Q(is_superuser=True) | Q(is_system_auditor=True) | Q(pk__in=own.values("user"))
    for through, by in HELD_BY_TEAMS:
        teams = QuerySet[Any](through).filter(role__in=roles.values("pk")).values("team")
        shared = Role.members.through.objects.filter(role__in=members_of(teams, by=by).values("pk"))
        condition |= Q(pk__in=shared.values("user"))
    return User.objects.filter(condition)


class AccessSerializer(UserSerializer):
    """A user, and the roles that let him at the object: `direct_access` of the object itself, `indirect_access`."""

    capabilities = ()

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        summary.pop("user_capabilities", None)
        return summary | self._accesses(obj).get(obj.pk, {"direct_access": [], "indirect_access": []})

    def _accesses(self, obj: User) -> dict[int, dict[str, list[Any]]]:
        """Those of all users that are shown together, in a constant number of statements."""
        context: Any = self.context
        if "accesses" not in context:
            context["accesses"] = accesses(context["access_to"], page_of(self, obj), context["request"].user)
        known: dict[int, dict[str, list[Any]]] = context["accesses"]
        return known


def accesses(obj: Model, users: list[User], asker: User) -> dict[int, dict[str, list[Any]]]:
    found: dict[int, dict[str, list[Any]]] = {
        user.pk: {"direct_access": [], "indirect_access": []} for user in users
    }
    roles = {role.pk: role for role in roles_on(obj)}
    kind = kind_of(type(obj))
    names = {(kind.name, obj.pk): str(obj)}
    organization = getattr(obj, "organization", None)
    if organization is not None:
        names[ORGANIZATION, organization.pk] = str(organization)
    for user_id, role_id in Role.members.through.objects.filter(
        user__in=list(found), role__in=list(roles)
    ).values_list("user", "role"):
        role = roles[role_id]
        is_own = (role.kind, role.object_id) == (kind.name, obj.pk)
        found[user_id]["direct_access" if is_own else "indirect_access"].append(entry(role, names, kind.name))
    for team, role_ids, member_ids in _teams(list(roles), list(found)):
        for role_id in role_ids:
            for user_id in member_ids:
                shown = entry(roles[role_id], names, kind.name)
                shown["role"] |= {
                    "team_id": team.pk,
                    "team_name": team.name,
                    "team_organization_name": team.organization.name,
                }
                shown["role"]["related"]["team"] = f"/api/v2/teams/{team.pk}/"
                found[user_id]["direct_access"].append(shown)
    system = {role.role_field: role for role in Role.objects.filter(kind=SYSTEM)}
    for user in users:
        for field, flag in SYSTEM_FLAGS.items():
            if getattr(user, flag) and field in system:
                found[user.pk]["indirect_access"].append(entry(system[field], names, kind.name))
    capable = _may_take(asker, obj)
    for lists in found.values():
        for shown in lists["direct_access"]:
            shown["role"]["user_capabilities"] = {"unattach": capable}
        for shown in lists["indirect_access"]:
            shown["role"]["user_capabilities"] = {"unattach": asker.is_superuser and capable}
    return found


def _may_take(asker: User, obj: Model) -> bool:
    """Whether the asker administers the object, so that he may take roles of it from others."""
    role = (
        Role.objects.filter(kind=kind_of(type(obj)).name, object_id=obj.pk).exclude(role_field=ADMIN).first()
    )
    return role is not None and may_give(asker, role, asker)


def _teams(role_ids: list[int], user_ids: list[int]) -> Iterator[tuple[Team, list[int], list[int]]]:
    """The teams that hold some of the roles, with these and with those of the users by whom they hold them."""
    for through, by in HELD_BY_TEAMS:
        given = defaultdict(list)
        rows = QuerySet[Any](through).filter(role__in=role_ids).values_list("team", "role")
        for team_id, role_id in rows:
            given[team_id].append(role_id)
        teams = {team.pk: team for team in Team.objects.select_related("organization").filter(pk__in=given)}
        members: dict[int, set[int]] = defaultdict(set)
        belonging = Role.members.through.objects.filter(
            user__in=user_ids, role__in=members_of(list(teams), by=by).values("pk")
        )
        for user_id, kind, object_id in belonging.values_list("user", "role__kind", "role__object_id"):
            for team in teams.values():
                if object_id == (team.pk if kind == TEAM else team.organization_id):
                    members[team.pk].add(user_id)
        yield from ((team, given[pk], sorted(members[pk])) for pk, team in teams.items())


def entry(role: Role, names: dict[tuple[str, int | None], str], kind_name: str) -> dict[str, Any]:
    name, description = describe(role)
    shown: dict[str, Any] = {"id": role.pk, "name": name, "description": description, "related": {}}
    kind = kind_named(role.kind)
    if kind is not None:
        shown["resource_name"] = names.get((role.kind, role.object_id), "")
        shown["resource_type"] = role.kind
        shown["related"][role.kind] = f"/api/v2/{kind.resource}/{role.object_id}/"
    own = kind_named(kind_name)
    descendants = []
    if own is not None:
        if role.kind == kind_name:
            descendants = [field for field in own.fields if role.role_field in own.sources(field)]
        elif role.kind == ORGANIZATION:
            descendants = [
                field for field in own.fields if role.role_field in own.organization_sources(field)
            ]
        else:
            descendants = list(own.fields) if role.role_field == "system_administrator" else ["read_role"]
    return {"role": shown, "descendant_roles": descendants}


class AccessList(ReadOnlySublist):
    """The users who may read one object, with the roles that let them."""

    permission_classes = (BySublist,)
    queryset = User.objects.all()
    serializer_class: Any = AccessSerializer
    object_types: ClassVar[tuple[str, ...]] = ("user",)

    def get_queryset(self) -> QuerySet[User]:
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return User.objects.all()
        return users_with_access(self.get_parent())

    def get_serializer_context(self) -> dict[str, Any]:
        context: dict[str, Any] = {**super().get_serializer_context()}
        if not getattr(self, "swagger_fake_view", False) and self.request.method == "GET":
            context["access_to"] = self.get_parent()
        return context
