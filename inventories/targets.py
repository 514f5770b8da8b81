"""The hosts that a run calls, with their variables: of its inventory those that are enabled and its limit leaves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.variables import parse_variables
from inventories.addresses import base_url
from inventories.groups import children_of, reachable, turned
from inventories.limit import select
from inventories.membership import hosts_of
from inventories.models import Group, Host, Inventory
from inventories.variables import merged, precedence

# What says how a host is reached is not told to the endpoint: it may hold passwords.
CONNECTION = ("ansible_", "belfry_")
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Target:
    """One host to call. `variables` are its own and those of all that it is in."""

    host: int
    name: str
    variables: dict[str, Any] = field(repr=False)

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.variables.items() if not name.startswith(CONNECTION)}

    def base_url(self, of_project: str) -> str:
        """Where it is called: the project's own base URL for a host that is said to be local. Raises NoAddress."""
        is_local = self.variables.get("ansible_connection") == LOCAL and not self.variables.get("belfry_url")
        return of_project if is_local and of_project else base_url(self.name, self.variables)


def targets_of(inventory_id: int, limit: str) -> list[Target]:
    """In the order of their names, in a constant number of statements. Raises InvalidLimit.

    Group variables count in Ansible's order; a smart inventory has no groups.
    """
    inventory = Inventory.objects.filter(pk=inventory_id, pending_deletion=False).first()
    if inventory is None:
        return []
    hosts = list(hosts_of(inventory).filter(enabled=True).order_by("name", "pk"))
    tree = _Tree(inventory)
    in_groups = tree.members(hosts)
    chosen = set(select(limit, [host.name for host in hosts], tree.hosts_by_group(hosts, in_groups)))
    own = parse_variables(inventory.variables)
    return [
        Target(
            host.pk,
            host.name,
            merged(own, tree.variables(in_groups[host.pk]), parse_variables(host.variables)),
        )
        for host in hosts
        if host.name in chosen
    ]


class _Tree:
    """The groups of one inventory: which are above which, and their variables, read once."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.names: dict[int, str] = {}
        self.values: dict[str, Mapping[str, Any]] = {}
        for pk, name, variables in Group.objects.filter(inventory=inventory).values_list(
            "pk", "name", "variables"
        ):
            self.names[pk] = name
            self.values[name] = parse_variables(variables)
        self.above = turned(children_of(inventory.pk))
        self.parents = {
            self.names[pk]: {self.names[parent] for parent in self.above.get(pk, ())} for pk in self.names
        }
        self._variables: dict[frozenset[str], list[Mapping[str, Any]]] = {}

    def members(self, hosts: Sequence[Host]) -> Mapping[int, frozenset[str]]:
        """By host, the names of all groups that it is in, of those above them, too."""
        found: dict[int, set[int]] = defaultdict(set)
        through = Group.hosts.through.objects.filter(group__inventory=self.inventory)
        for host, group in through.values_list("host_id", "group_id"):
            found[host] |= reachable(group, self.above)
        return {host.pk: frozenset(self.names[pk] for pk in found[host.pk]) for host in hosts}

    def hosts_by_group(
        self, hosts: Sequence[Host], in_groups: Mapping[int, frozenset[str]]
    ) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.names.values()}
        for host in hosts:
            for name in in_groups[host.pk]:
                found[name].append(host.name)
        return found

    def variables(self, groups: frozenset[str]) -> list[Mapping[str, Any]]:
        if groups not in self._variables:
            ordered = precedence(groups, self.parents, self.values)
            self._variables[groups] = [self.values[name] for name in ordered]
        return self._variables[groups]
