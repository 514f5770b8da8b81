"""Many hosts at once: checked together, written together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from access.models import User
from inventories.models import Group, Host, Inventory

# AWX's bounds of one request.
MOST_CREATED = 100
MOST_DELETED = 250


class BulkRefused(ValueError):
    """Hosts that cannot be made together; the message says why."""


def create_hosts(inventory: Inventory, values: Sequence[dict[str, Any]], *, user: User) -> list[Host]:
    """Raises BulkRefused, in AWX's words."""
    names = [one["name"] for one in values]
    twice = duplicates(inventory, names)
    if twice:
        raise BulkRefused(f"Hostnames must be unique in an inventory. Duplicates found: {twice}")
    if Group.objects.filter(inventory=inventory, name__in=names).exists():
        raise BulkRefused("A Group with that name already exists.")
    return Host.objects.bulk_create(
        Host(inventory=inventory, created_by=user, modified_by=user, **one) for one in values
    )


def duplicates(inventory: Inventory, names: Sequence[str]) -> list[str]:
    """The names that are given twice or that the inventory has already."""
    counts = Counter(names)
    known = set(Host.objects.filter(inventory=inventory, name__in=names).values_list("name", flat=True))
    return [name for name in names if counts[name] > 1 or name in known]


def by_inventory(hosts: Iterable[Host]) -> dict[Inventory, list[Host]]:
    found: dict[Inventory, list[Host]] = {}
    for host in hosts:
        found.setdefault(host.inventory, []).append(host)
    return found
