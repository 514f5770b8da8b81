"""The roles of inventories, and what they open: hosts and groups are as open as their inventory (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q
from rest_framework.exceptions import ParseError, PermissionDenied

from access.models import Organization, User
from access.role_rules import named_object
from access.roles import (
    ADMIN,
    AUDITOR,
    ORGANIZATION,
    READ,
    UPDATE,
    USE,
    Kind,
    holding,
    holds,
    holds_somewhere,
    register_kind,
)
from access.rules import Rules, may_read, register
from inventories.models import Group, Host, Inventory

INVENTORY, ADHOC, INVENTORY_ADMIN = "inventory", "adhoc_role", "inventory_admin_role"
INVENTORY_ROLES: dict[str, tuple[str, ...]] = {
    ADMIN: (),
    UPDATE: (ADMIN,),
    ADHOC: (ADMIN,),
    USE: (ADHOC,),
    READ: (UPDATE, USE),
}
STRANGERS = "Cannot associate two items from different inventories."
OF_ACTION = {"use": USE, "update": UPDATE, "adhoc": ADHOC}


class InventoryRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, INVENTORY, READ, organization="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        return may_put_into(user, data.get("organization"))

    def may_change(self, user: User, obj: Inventory, data: Mapping[str, Any]) -> bool:
        """A filter reaches the hosts of the whole organization, so it is for whoever administers its inventories."""
        if not holds(user, obj, ADMIN):
            return False
        if "organization" in data and str(data["organization"]) != str(obj.organization_id):
            return may_put_into(user, data["organization"])
        reaches_further = data.get("host_filter") not in (None, "", obj.host_filter)
        return not reaches_further or may_put_into(user, obj.organization_id)

    def may_delete(self, user: User, obj: Inventory) -> bool:
        return holds(user, obj, ADMIN)

    def may_act(self, user: User, obj: Inventory, action: str) -> bool:
        if action == "copy":
            organization = obj.organization
            return organization is not None and holds(user, organization, INVENTORY_ADMIN)
        return action in OF_ACTION and holds(user, obj, OF_ACTION[action])


def may_put_into(user: User, number: object) -> bool:
    """Whether `user` administers the inventories of the organization of this id; of none that is there: of any."""
    organization = named_object(Organization, number)
    if organization is None:
        return holds_somewhere(user, ORGANIZATION, INVENTORY_ADMIN)
    return holds(user, organization, INVENTORY_ADMIN)


class InInventoryRules(Rules):
    """What is in an inventory is read by whoever reads it, and changed by whoever administers it."""

    def readable(self, user: User) -> Q:
        return holding(user, INVENTORY, READ, own="inventory_id", organization="inventory__organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        inventory = named_object(Inventory, data.get("inventory"))
        if inventory is None:
            return holds_somewhere(user, INVENTORY, ADMIN)
        return holds(user, inventory, ADMIN)

    def may_change(self, user: User, obj: Host | Group, data: Mapping[str, Any]) -> bool:
        refuse_other_inventory(obj, data)
        return holds(user, obj.inventory, ADMIN)

    def may_delete(self, user: User, obj: Host | Group) -> bool:
        return holds(user, obj.inventory, ADMIN)

    def may_act(self, user: User, obj: Host | Group, action: str) -> bool:
        return action == "copy" and holds(user, obj.inventory, ADMIN)

    def may_attach(self, user: User, parent: Host | Group, child: Model, relation: str) -> bool:
        return holds(user, parent.inventory, ADMIN) and may_read(user, child)


def refuse_other_inventory(obj: Host | Group, data: Mapping[str, Any]) -> None:
    """Raises PermissionDenied: hosts and groups stay in their inventory."""
    given = data.get("inventory")
    if given is not None and str(given) != str(obj.inventory_id):
        raise PermissionDenied(f"Unable to change inventory on a {obj._meta.verbose_name}.")


def refuse_strangers(one: Host | Group, other: Host | Group) -> None:
    """Raises ParseError where the two are not in the same inventory."""
    if one.inventory_id != other.inventory_id:
        raise ParseError(STRANGERS)


def register_kinds_and_rules() -> None:
    register_kind(
        Kind(
            INVENTORY,
            Inventory,
            "inventories",
            INVENTORY_ROLES,
            from_organization={ADMIN: (INVENTORY_ADMIN,), READ: (AUDITOR,)},
        )
    )
    register(Inventory, InventoryRules())
    for model in (Host, Group):
        register(model, InInventoryRules())
