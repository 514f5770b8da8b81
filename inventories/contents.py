"""All of an inventory at once, in a constant number of statements."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from api.variables import parse_variables
from inventories.membership import hosts_of
from inventories.models import Group, Inventory


@dataclass(frozen=True)
class Member:
    """A host as it is stored."""

    pk: int
    name: str
    enabled: bool
    # Variables may be secret.
    own_variables: str = field(repr=False)

    @cached_property
    def variables(self) -> dict[str, Any]:
        return parse_variables(self.own_variables)


@dataclass(frozen=True)
class Contents:
    """Groups are known by their names here, which are unique in an inventory."""

    variables: dict[str, Any] = field(repr=False)
    hosts: list[Member]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    members: dict[str, list[str]] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)


def contents_of(inventory: Inventory, *, disabled: bool = False) -> Contents:
    """What is in an inventory, the disabled hosts only where they are asked for; hosts are in the order of names."""
    rows = hosts_of(inventory).order_by("name", "pk")
    if not disabled:
        rows = rows.filter(enabled=True)
    hosts = [Member(*row) for row in rows.values_list("pk", "name", "enabled", "variables")]
    variables = parse_variables(inventory.variables)
    if inventory.kind == Inventory.Kind.SMART:
        # It has no groups, and the inventories that its hosts are in lend them nothing.
        return Contents(variables, hosts)
    shown = {host.name for host in hosts}
    members: dict[str, list[str]] = defaultdict(list)
    in_groups = Group.hosts.through.objects.filter(group__inventory=inventory).order_by("host__name")
    for group, host in in_groups.values_list("group__name", "host__name"):
        if host in shown:
            members[group].append(host)
    children: dict[str, list[str]] = defaultdict(list)
    links = Group.children.through.objects.filter(from_group__inventory=inventory).order_by("to_group__name")
    for parent, child in links.values_list("from_group__name", "to_group__name"):
        children[parent].append(child)
    groups = Group.objects.filter(inventory=inventory).values_list("name", "variables")
    return Contents(
        variables,
        hosts,
        {name: parse_variables(text) for name, text in groups},
        dict(members),
        dict(children),
    )
