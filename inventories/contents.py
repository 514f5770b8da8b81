"""All of an inventory at once, in a constant number of statements: for its script, and for whoever calls its hosts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from api.variables import parse_variables
from inventories.addresses import base_url
from inventories.limit import select
from inventories.membership import hosts_of
from inventories.models import Group, Inventory
from inventories.variables import merged, precedence


@dataclass(frozen=True)
class Member:
    """A host as it is stored."""

    pk: int
    name: str
    enabled: bool
    own_variables: str

    @cached_property
    def variables(self) -> dict[str, Any]:
        return parse_variables(self.own_variables)


@dataclass(frozen=True)
class Contents:
    """Groups are known by their names here, which are unique in an inventory."""

    variables: dict[str, Any]
    hosts: list[Member]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def parents(self) -> dict[str, list[str]]:
        return inverted(self.children)

    @cached_property
    def all_members(self) -> dict[str, set[str]]:
        """The hosts of each group, those of the groups below it included."""
        found: dict[str, set[str]] = {name: set() for name in self.groups}
        for group, members in self.members.items():
            for above in self.above([group]):
                found[above].update(members)
        return found

    def above(self, groups: Iterable[str]) -> set[str]:
        """The groups, and those that they are in."""
        found = set(groups)
        waiting = list(found)
        while waiting:
            new = set(self.parents.get(waiting.pop(), ())) - found
            found |= new
            waiting += new
        return found


@dataclass(frozen=True)
class Target:
    """A host that is to be called, with all variables that hold for it."""

    pk: int
    name: str
    variables: dict[str, Any]

    @property
    def base_url(self) -> str:
        """Raises inventories.addresses.NoAddress."""
        return base_url(self.name, self.variables)


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


def targets_of(inventory: Inventory, limit: str = "") -> list[Target]:
    """The enabled hosts that `limit` chooses, with their variables, in the order of names.

    Raises inventories.limit.InvalidLimit.
    """
    contents = contents_of(inventory)
    chosen = set(select(limit, [host.name for host in contents.hosts], contents.all_members))
    order = {name: n for n, name in enumerate(precedence(contents.groups, contents.parents, contents.groups))}
    groups_of = inverted(contents.members)
    return [
        Target(
            host.pk,
            host.name,
            merged(
                contents.variables,
                [
                    contents.groups[name]
                    for name in sorted(contents.above(groups_of.get(host.name, ())), key=order.__getitem__)
                ],
                host.variables,
            ),
        )
        for host in contents.hosts
        if host.name in chosen
    ]


def inverted(links: dict[str, list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, others in links.items():
        for other in others:
            found[other].append(one)
    return dict(found)
