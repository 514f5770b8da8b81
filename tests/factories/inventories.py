from itertools import count
from typing import Any

from inventories.models import Group, Host, Inventory
from jobs.models import InventorySource
from jobs.statuses import TemplateKind
from tests.factories.access import make_organization

_numbers = count(1)


def make_inventory(**values: Any) -> Inventory:
    if "organization" not in values:
        values["organization"] = make_organization()
    return Inventory.objects.create(**({"name": f"Inventory {next(_numbers)}"} | values))


def make_host(inventory: Inventory | None = None, **values: Any) -> Host:
    name = f"host{next(_numbers)}.example.com"
    return Host.objects.create(**({"name": name, "inventory": inventory or make_inventory()} | values))


def make_group(
    inventory: Inventory | None = None,
    *,
    hosts: tuple[Host, ...] = (),
    below: Group | None = None,
    **values: Any,
) -> Group:
    inventory = inventory or (below.inventory if below else make_inventory())
    group = Group.objects.create(**({"name": f"group{next(_numbers)}", "inventory": inventory} | values))
    group.hosts.set(hosts)
    if below:
        below.children.add(group)
    return group


def make_source(inventory: Inventory | None = None, **values: Any) -> InventorySource:
    name = f"Source {next(_numbers)}"
    values = {"name": name, "inventory": inventory or make_inventory(), "source": "file"} | values
    return InventorySource.objects.create(kind=TemplateKind.INVENTORY_SOURCE, **values)
