"""AWX's roles: which fields each kind of object has, what they imply, and who holds them.

A role implies others of the same object, and the roles of an organization imply some of what belongs to it. These
implications are fixed, so they are tables here and not rows: who holds a role is found in one statement, from the
users and the teams that it was given to (access/held.py). Teams hold no roles of teams, nor membership in
organizations, so membership in a team never depends on another team.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, cast

from django.db import transaction
from django.db.models import Model, Q
from django.db.models.signals import post_delete, post_save

from access.exceptions import CannotGrant
from access.held import held_by, held_roles, remembered
from access.models import Organization, Role, Team, User
from access.one_of import Ids
from access.rules import NOTHING
from access.users import change_user

ADMIN, EXECUTE, READ = "admin_role", "execute_role", "read_role"
USE, UPDATE, MEMBER, AUDITOR = "use_role", "update_role", "member_role", "auditor_role"
PROJECT_ADMIN, JOB_TEMPLATE_ADMIN = "project_admin_role", "job_template_admin_role"

ORGANIZATION, TEAM, SYSTEM = "organization", "team", "system"
SYSTEM_ADMINISTRATOR, SYSTEM_AUDITOR = "system_administrator", "system_auditor"
# Roles of the system are flags of users: nobody can hold the one without the other.
SYSTEM_FLAGS = {SYSTEM_ADMINISTRATOR: "is_superuser", SYSTEM_AUDITOR: "is_system_auditor"}

# Belonging to an organization lets its administrators change the account, so only users do, never teams.
FOR_USERS_ONLY = (ADMIN, MEMBER)

NAMES = {
    SYSTEM_ADMINISTRATOR: "System Administrator",
    SYSTEM_AUDITOR: "System Auditor",
    ADMIN: "Admin",
    EXECUTE: "Execute",
    PROJECT_ADMIN: "Project Admin",
    "inventory_admin_role": "Inventory Admin",
    "credential_admin_role": "Credential Admin",
    "workflow_admin_role": "Workflow Admin",
    "notification_admin_role": "Notification Admin",
    JOB_TEMPLATE_ADMIN: "Job Template Admin",
    "execution_environment_admin_role": "Execution Environment Admin",
    AUDITOR: "Auditor",
    MEMBER: "Member",
    READ: "Read",
    "approval_role": "Approve",
    USE: "Use",
    UPDATE: "Update",
    "adhoc_role": "Ad Hoc",
}

DESCRIPTIONS = {
    SYSTEM_ADMINISTRATOR: "Can manage all aspects of the system",
    SYSTEM_AUDITOR: "Can view all aspects of the system",
    ADMIN: "Can manage all aspects of the {}",
    EXECUTE: "May run the {}",
    PROJECT_ADMIN: "Can manage all projects of the {}",
    "inventory_admin_role": "Can manage all inventories of the {}",
    "credential_admin_role": "Can manage all credentials of the {}",
    "workflow_admin_role": "Can manage all workflows of the {}",
    "notification_admin_role": "Can manage all notifications of the {}",
    JOB_TEMPLATE_ADMIN: "Can manage all job templates of the {}",
    "execution_environment_admin_role": "Can manage all execution environments of the {}",
    AUDITOR: "Can view all aspects of the {}",
    MEMBER: "User is a member of the {}",
    READ: "May view settings for the {}",
    "approval_role": "Can approve or deny a workflow approval node",
    USE: "Can use the {} in a job template",
    UPDATE: "May update the {}",
    "adhoc_role": "May run ad hoc commands on the {}",
}
RUNS_ANYTHING = "May run any executable resources in the organization"


@dataclass(frozen=True)
class Kind:
    """A kind of object that has roles.

    `implied_by` says of each role which of the same object's imply it, `from_organization` which of the
    organization's do; both name the nearest, and what implies those implies it as well. `why_not_given` says why a
    role of an object cannot be given to somebody, though the giver may give it.
    """

    name: str
    model: type[Model]
    resource: str
    implied_by: Mapping[str, tuple[str, ...]]
    from_organization: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    why_not_given: Callable[[Any, User | Team, User], str | None] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.implied_by)

    def sources(self, role: str) -> set[str]:
        """The roles of the object itself that stand for `role`, itself among them."""
        found = {role}
        for other in self.implied_by.get(role, ()):
            found |= self.sources(other)
        return found

    def organization_sources(self, role: str) -> set[str]:
        """The roles of its organization that do."""
        nearest = {name for own in self.sources(role) for name in self.from_organization.get(own, ())}
        organization = _kinds[ORGANIZATION]
        return {source for name in nearest for source in organization.sources(name)}


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Give the objects of a model roles, which come and go with them; called from the `ready` of its app."""
    _kinds[kind.name] = kind
    post_save.connect(_make_roles, sender=kind.model, dispatch_uid=f"make_roles_{kind.name}")
    post_delete.connect(_drop_roles, sender=kind.model, dispatch_uid=f"drop_roles_{kind.name}")


def kind_named(name: str) -> Kind | None:
    return _kinds.get(name)


def kind_of(model: type[Model]) -> Kind:
    """The kind of a model that has roles."""
    return next(kind for kind in _kinds.values() if kind.model is model)


def kinds() -> Iterable[Kind]:
    return _kinds.values()


def _make_roles(sender: type[Model], instance: Model, *, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        kind = kind_of(sender)
        Role.objects.bulk_create(
            Role(kind=kind.name, object_id=instance.pk, role_field=name) for name in kind.fields
        )


def _drop_roles(sender: type[Model], instance: Model, **_: Any) -> None:
    Role.objects.filter(kind=kind_of(sender).name, object_id=instance.pk).delete()


def role_of(obj: Model, role_field: str) -> Role:
    return Role.objects.get(kind=kind_of(type(obj)).name, object_id=obj.pk, role_field=role_field)


def describe(role: Role) -> tuple[str, str]:
    """Name and description of a role, in AWX's words."""
    kind = _kinds.get(role.kind)
    if role.kind == ORGANIZATION and role.role_field == EXECUTE:
        text = RUNS_ANYTHING
    else:
        text = DESCRIPTIONS.get(role.role_field, "").format(
            kind.model._meta.verbose_name if kind else "system"
        )
    return NAMES.get(role.role_field, role.role_field), text


# -- who holds what ------------------------------------------------------------------------------------


def objects_of(who: User | Team, kind_name: str, role_fields: Iterable[str]) -> Ids:
    """For `__one_of`: the ids of the objects of a kind of which `who` was given one of these roles."""
    return held_by(who).ids(kind_name, role_fields)


def holding(
    who: User | Team, kind_name: str, role_field: str, *, own: str = "pk", organization: str = ""
) -> Q:
    """The condition on objects of which `who` has this role, directly or by what implies it.

    `own` is the ORM path to the object's id, `organization` that to the id of its organization, if it has one.
    """
    kind, held = _kinds[kind_name], held_by(who)
    ids = {own: held.ids(kind_name, kind.sources(role_field))}
    if organization:
        ids[organization] = held.ids(ORGANIZATION, kind.organization_sources(role_field))
    # A path that nothing is found by would still be joined.
    conditions = [Q(**{f"{path}__one_of": found}) for path, found in ids.items() if found]
    return reduce(or_, conditions) if conditions else NOTHING


def holds(user: User, obj: Model, role_field: str) -> bool:
    """Whether `user` has this role of `obj`, directly or by what implies it; superusers and auditors are not asked."""
    kind = kind_of(type(obj))
    own = kind.sources(role_field)
    above = kind.organization_sources(role_field)
    organization = getattr(obj, "organization_id", None)
    held = remembered(user)
    if held is not None:
        return held.has(kind.name, own, obj.pk) or (
            organization is not None and held.has(ORGANIZATION, above, organization)
        )
    condition = Q(kind=kind.name, object_id=obj.pk, role_field__in=own)
    if organization is not None and above:
        condition |= Q(kind=ORGANIZATION, object_id=organization, role_field__in=above)
    return held_roles(user).filter(condition).exists()


def holds_somewhere(user: User, kind_name: str, role_field: str) -> bool:
    """Whether there is any object of the kind of which `user` has this role, or could have it by its organization."""
    kind = _kinds[kind_name]
    condition = Q(kind=kind_name, role_field__in=kind.sources(role_field))
    condition |= Q(kind=ORGANIZATION, role_field__in=kind.organization_sources(role_field))
    return held_roles(user).filter(condition).exists()


# -- giving and taking ---------------------------------------------------------------------------------


@transaction.atomic
def grant(role: Role, to: User | Team) -> None:
    """Give a role. Raises CannotGrant for what a team cannot have."""
    if isinstance(to, User):
        if role.kind == SYSTEM:
            change_user(to, **cast("Any", {SYSTEM_FLAGS[role.role_field]: True}))
        else:
            role.members.add(to)
        return
    if role.kind == SYSTEM:
        raise CannotGrant("You cannot grant system-level permissions to a team.")
    if role.kind == ORGANIZATION and role.role_field in FOR_USERS_ONLY:
        raise CannotGrant("You cannot assign an Organization participation role as a child role for a Team.")
    if role.kind == TEAM:
        raise CannotGrant("You cannot assign a role of a Team to a Team.")
    role.teams.add(to)


def is_given(role: Role, to: User | Team) -> bool:
    """Whether a role was given to this user or team directly."""
    if isinstance(to, Team):
        return role.teams.filter(pk=to.pk).exists()
    if role.kind == SYSTEM:
        return bool(getattr(to, SYSTEM_FLAGS[role.role_field]))
    return role.members.filter(pk=to.pk).exists()


@transaction.atomic
def revoke(role: Role, of: User | Team) -> None:
    """Take a role; one that was not held is no error. Raises LastSuperuser."""
    if isinstance(of, Team):
        role.teams.remove(of)
    elif role.kind == SYSTEM:
        change_user(of, **cast("Any", {SYSTEM_FLAGS[role.role_field]: False}))
    else:
        role.members.remove(of)


def give_to_creator(obj: Model, user: User) -> None:
    """Who makes an object administers it, also where nothing else makes him its administrator.

    One without roles of its own is its parent's to give.
    """
    if all(kind.model is not type(obj) for kind in kinds()):
        return
    if not user.is_superuser and not holds(user, obj, ADMIN):
        grant(role_of(obj, ADMIN), user)


# -- the kinds of this app -----------------------------------------------------------------------------

_BY_ADMIN = (ADMIN,)
ORGANIZATION_ROLES: dict[str, tuple[str, ...]] = {
    ADMIN: (),
    EXECUTE: _BY_ADMIN,
    PROJECT_ADMIN: _BY_ADMIN,
    "inventory_admin_role": _BY_ADMIN,
    "credential_admin_role": _BY_ADMIN,
    "workflow_admin_role": _BY_ADMIN,
    "notification_admin_role": _BY_ADMIN,
    JOB_TEMPLATE_ADMIN: _BY_ADMIN,
    "execution_environment_admin_role": _BY_ADMIN,
    AUDITOR: (),
    MEMBER: _BY_ADMIN,
    READ: (
        MEMBER,
        AUDITOR,
        EXECUTE,
        PROJECT_ADMIN,
        "inventory_admin_role",
        "credential_admin_role",
        "workflow_admin_role",
        "notification_admin_role",
        JOB_TEMPLATE_ADMIN,
        "execution_environment_admin_role",
        "approval_role",
    ),
    "approval_role": _BY_ADMIN,
}
TEAM_ROLES: dict[str, tuple[str, ...]] = {ADMIN: (), MEMBER: (ADMIN,), READ: (MEMBER,)}


def register_own_kinds() -> None:
    register_kind(Kind(ORGANIZATION, Organization, "organizations", ORGANIZATION_ROLES))
    register_kind(
        Kind(
            TEAM,
            Team,
            "teams",
            TEAM_ROLES,
            from_organization={ADMIN: (ADMIN,), READ: (AUDITOR,)},
        )
    )


def ensure_system_roles() -> None:
    """The two roles that are no object's."""
    Role.objects.bulk_create(
        [Role(kind=SYSTEM, role_field=name) for name in SYSTEM_FLAGS], ignore_conflicts=True
    )
