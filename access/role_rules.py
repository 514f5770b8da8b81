"""What roles open of organizations, teams, users and the roles themselves (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q
from rest_framework.exceptions import PermissionDenied

from access.held import held_by, held_roles
from access.models import AccessToken, Application, Organization, Role, Team, User
from access.roles import (
    ADMIN,
    AUDITOR,
    FOR_USERS_ONLY,
    MEMBER,
    ORGANIZATION,
    READ,
    SYSTEM,
    TEAM,
    holding,
    holds,
    holds_somewhere,
    kind_named,
    kinds,
    objects_of,
)
from access.rules import Rules, may_read, means_true, register
from api.ids import LARGEST_ID

ORGANIZATION_OF_A_TEAM = "Unable to change organization on a team."


def named_object(model: type[Model], value: object) -> Any:
    """The object whose id a request's body gives; None where it gives none that there is."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        # As the field does that will read it: 5.0 is 5.
        key = int(value)
    except (ValueError, OverflowError):
        return None
    return model._default_manager.filter(pk=key).first() if 0 < key <= LARGEST_ID else None


def sees_all_users(user: User) -> bool:
    """Whoever administers or audits an organization sees all users and teams, to be able to add them."""
    return bool(objects_of(user, ORGANIZATION, (ADMIN, AUDITOR)))


class OrganizationRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, ORGANIZATION, READ)

    def may_change(self, user: User, obj: Organization, data: Mapping[str, Any]) -> bool:
        return holds(user, obj, ADMIN)

    def may_delete(self, user: User, obj: Organization) -> bool:
        return holds(user, obj, ADMIN)


class TeamRules(Rules):
    """Members of an organization see its teams; the administrators of either change them."""

    def readable(self, user: User) -> Q:
        if sees_all_users(user):
            return Q()
        return holding(user, TEAM, READ, organization="organization_id") | Q(
            organization_id__one_of=objects_of(user, ORGANIZATION, (ADMIN, MEMBER))
        )

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        if data.get("organization") is None:
            return holds_somewhere(user, ORGANIZATION, ADMIN)
        organization = named_object(Organization, data["organization"])
        return (
            holds_somewhere(user, ORGANIZATION, ADMIN)
            if organization is None
            else holds(user, organization, ADMIN)
        )

    def may_change(self, user: User, obj: Team, data: Mapping[str, Any]) -> bool:
        refuse_new_organization(obj, data)
        return holds(user, obj, ADMIN)

    def may_delete(self, user: User, obj: Team) -> bool:
        return holds(user, obj, ADMIN)


def refuse_new_organization(team: Team, data: Mapping[str, Any]) -> None:
    """Raises PermissionDenied: a team stays in its organization."""
    given = data.get("organization")
    if given is not None and str(given) != str(team.organization_id):
        raise PermissionDenied(ORGANIZATION_OF_A_TEAM)


class UserRules(Rules):
    """Each user sees himself, the superusers and who is in an organization with him, and changes his own profile.

    Administrators of organizations see all, and administer whoever is in organizations of theirs only.
    """

    def readable(self, user: User) -> Q:
        if sees_all_users(user):
            return Q()
        seen = Organization.objects.order_by().filter(holding(user, ORGANIZATION, READ)).values("pk")
        fellows = Role.members.through.objects.filter(
            role__kind=ORGANIZATION, role__role_field__in=FOR_USERS_ONLY, role__object_id__in=seen
        )
        return Q(pk=user.pk) | Q(is_superuser=True) | Q(pk__in=fellows.values("user"))

    def may_change(self, user: User, obj: User, data: Mapping[str, Any]) -> bool:
        if means_true(data.get("is_superuser")):
            return False
        return obj.pk == user.pk or administers(user, obj)

    def may_delete(self, user: User, obj: User) -> bool:
        return obj.pk != user.pk and administers(user, obj)


def organizations_of(user: User) -> set[int]:
    """The ids of those that he is in."""
    known: set[int] | None = user.__dict__.get("known_organizations")
    return known if known is not None else organizations_by_user([user.pk])[user.pk]


def note_organizations(users: list[User]) -> None:
    """Let `organizations_of` answer for all of them from one statement, while they are shown."""
    found = organizations_by_user([user.pk for user in users])
    for user in users:
        user.__dict__["known_organizations"] = found[user.pk]


def organizations_by_user(ids: list[int]) -> dict[int, set[int]]:
    rows = Role.members.through.objects.filter(
        user__in=ids, role__kind=ORGANIZATION, role__role_field__in=FOR_USERS_ONLY
    )
    found: dict[int, set[int]] = {pk: set() for pk in ids}
    for user_id, organization_id in rows.values_list("user", "role__object_id"):
        if organization_id is not None:
            found[user_id].add(organization_id)
    return found


def administers(user: User, other: User) -> bool:
    """Whether `user` administers every organization that `other` is in, at least one, and he no part of the system."""
    if other.is_superuser or other.is_system_auditor:
        return False
    theirs, held = organizations_of(other), held_by(user)
    return bool(theirs) and all(held.has(ORGANIZATION, (ADMIN,), pk) for pk in theirs)


def may_take_in(user: User, other: User) -> bool:
    """Whether `user` may make `other` part of an organization of his: those in his own, and those in none.

    Whoever is in none but holds roles may be taken in only if `user` has all of these, too.
    """
    if user.is_superuser or administers(user, other):
        return True
    if other.is_superuser or other.is_system_auditor or organizations_of(other):
        return False
    return all(has_role(user, role) for role in Role.objects.filter(members=other))


def has_role(user: User, role: Role) -> bool:
    kind = kind_named(role.kind)
    obj = kind.model._default_manager.filter(pk=role.object_id).first() if kind else None
    return obj is not None and holds(user, obj, role.role_field)


def object_of(role: Role) -> Model | None:
    kind = kind_named(role.kind)
    return kind.model._default_manager.filter(pk=role.object_id).first() if kind else None


class RoleRules(Rules):
    """Whoever holds a role sees it; the roles of an object, who may read the object."""

    def readable(self, user: User) -> Q:
        condition = Q(pk__in=held_roles(user).values("pk"))
        for kind in kinds():
            organization = "organization_id" if "organization" in _columns(kind.model) else ""
            readable = kind.model._default_manager.order_by().filter(
                holding(user, kind.name, READ, organization=organization)
            )
            condition |= Q(kind=kind.name, object_id__in=readable.values("pk"))
        return condition


def _columns(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.fields}


def may_give(user: User, role: Role, to: User | Team) -> bool:
    """Whether `user` may give or take a role: who administers its object and may read whom it is given to.

    Being in an organization lets its administrators change the account, so that is for accounts that are his to change.
    """
    if user.is_limited_to_reading:
        return False
    if user.is_superuser:
        return True
    obj = object_of(role)
    if role.kind == SYSTEM or obj is None or not holds(user, obj, ADMIN) or not may_read(user, to):
        return False
    if role.kind == ORGANIZATION and role.role_field in FOR_USERS_ONLY:
        return isinstance(to, User) and may_take_in(user, to)
    return True


class ApplicationRules(Rules):
    """Members of an organization see its applications, its administrators change them."""

    def readable(self, user: User) -> Q:
        return holding(user, ORGANIZATION, MEMBER, own="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        organization = named_object(Organization, data.get("organization"))
        return (
            holds_somewhere(user, ORGANIZATION, ADMIN)
            if organization is None
            else holds(user, organization, ADMIN)
        )

    def may_change(self, user: User, obj: Application, data: Mapping[str, Any]) -> bool:
        if not holds(user, obj.organization, ADMIN):
            return False
        given = named_object(Organization, data.get("organization"))
        return given is None or holds(user, given, ADMIN)

    def may_delete(self, user: User, obj: Application) -> bool:
        return holds(user, obj.organization, ADMIN)


class AccessTokenRules(Rules):
    """Each user makes, reads, changes and revokes his own tokens.

    Who administers an organization does it with the tokens of its applications, too; who audits it reads them.
    """

    def readable(self, user: User) -> Q:
        ruled = objects_of(user, ORGANIZATION, (ADMIN, AUDITOR))
        return Q(user=user) | Q(application__organization__one_of=ruled)

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        application = named_object(Application, data.get("application"))
        return application is None or may_read(user, application)

    def may_change(self, user: User, obj: AccessToken, data: Mapping[str, Any]) -> bool:
        return self.may_delete(user, obj)

    def may_delete(self, user: User, obj: AccessToken) -> bool:
        if obj.user_id == user.pk:
            return True
        return obj.application is not None and holds(user, obj.application.organization, ADMIN)


def register_own_rules() -> None:
    register(Application, ApplicationRules())
    register(AccessToken, AccessTokenRules())
    register(Organization, OrganizationRules())
    register(Team, TeamRules())
    register(User, UserRules())
    register(Role, RoleRules())
