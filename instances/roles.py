"""The roles of instance groups, and who may do what with groups, instances and execution environments (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q

from access.models import Organization, User
from access.role_rules import named_object
from access.roles import (
    ADMIN,
    ORGANIZATION,
    READ,
    USE,
    Kind,
    holding,
    holds,
    holds_somewhere,
    register_kind,
)
from access.rules import Rules, accessible, register
from instances.models import ExecutionEnvironment, Instance, InstanceGroup

INSTANCE_GROUP = "instance_group"
INSTANCE_GROUP_ROLES: dict[str, tuple[str, ...]] = {ADMIN: (), USE: (ADMIN,), READ: (USE,)}
ENVIRONMENT_ADMIN = "execution_environment_admin_role"


class InstanceRules(Rules):
    """Whoever reads a group sees its instances; superusers change them."""

    def readable(self, user: User) -> Q:
        groups = accessible(InstanceGroup.objects.order_by(), user)
        members = InstanceGroup.instances.through.objects.filter(instancegroup__in=groups.values("pk"))
        return Q(pk__in=members.values("instance"))


class InstanceGroupRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, INSTANCE_GROUP, READ)

    def may_change(self, user: User, obj: InstanceGroup, data: Mapping[str, Any]) -> bool:
        return holds(user, obj, ADMIN)

    def may_delete(self, user: User, obj: InstanceGroup) -> bool:
        return holds(user, obj, ADMIN) and not obj.is_standing

    def may_act(self, user: User, obj: InstanceGroup, action: str) -> bool:
        return action == "use" and holds(user, obj, USE)


class ExecutionEnvironmentRules(Rules):
    """Those of no organization are for all to see; those of one for who may read it."""

    def readable(self, user: User) -> Q:
        organizations = Organization.objects.order_by().filter(holding(user, ORGANIZATION, READ))
        return Q(organization__isnull=True) | Q(organization__in=organizations.values("pk"))

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        if not data:
            return holds_somewhere(user, ORGANIZATION, ENVIRONMENT_ADMIN)
        organization = named_object(Organization, data.get("organization"))
        return organization is not None and holds(user, organization, ENVIRONMENT_ADMIN)

    def may_change(self, user: User, obj: ExecutionEnvironment, data: Mapping[str, Any]) -> bool:
        return self.may_delete(user, obj) and data.get("organization", obj.organization_id) is not None

    def may_delete(self, user: User, obj: ExecutionEnvironment) -> bool:
        return (
            not obj.managed
            and obj.organization is not None
            and holds(user, obj.organization, ENVIRONMENT_ADMIN)
        )

    def may_act(self, user: User, obj: ExecutionEnvironment, action: str) -> bool:
        return (
            action == "copy"
            and obj.organization is not None
            and holds(user, obj.organization, ENVIRONMENT_ADMIN)
        )


def register_kinds_and_rules() -> None:
    register_kind(Kind(INSTANCE_GROUP, InstanceGroup, "instance_groups", INSTANCE_GROUP_ROLES))
    rules: dict[type[Model], Rules] = {
        Instance: InstanceRules(),
        InstanceGroup: InstanceGroupRules(),
        ExecutionEnvironment: ExecutionEnvironmentRules(),
    }
    for model, own in rules.items():
        register(model, own)
