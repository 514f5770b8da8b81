"""A second inventory like the first, with copies of its hosts and groups."""

from typing import TypeVar

from django.db import transaction

from access.models import User
from inventories.models import Group, Host, Inventory

BATCH = 2000

ThingT = TypeVar("ThingT", Host, Group)


@transaction.atomic
def copy(inventory: Inventory, *, name: str, user: User | None) -> Inventory:
    """Save and return the copy. The name must be free. Thousands of hosts cost a statement, not each."""
    made = Inventory.objects.create(
        name=name,
        description=inventory.description,
        organization=inventory.organization,
        kind=inventory.kind,
        host_filter=inventory.host_filter,
        variables=inventory.variables,
        prevent_instance_group_fallback=inventory.prevent_instance_group_fallback,
        created_by=user,
        modified_by=user,
    )
    hosts = {
        old.pk: _anew(old, made, user, instance_id=old.instance_id, enabled=old.enabled)
        for old in Host.objects.filter(inventory=inventory)
    }
    groups = {old.pk: _anew(old, made, user) for old in Group.objects.filter(inventory=inventory)}
    Host.objects.bulk_create(hosts.values(), batch_size=BATCH)
    Group.objects.bulk_create(groups.values(), batch_size=BATCH)
    in_group = Group.hosts.through
    in_group.objects.bulk_create(
        [
            in_group(group=groups[group], host=hosts[host])
            for group, host in in_group.objects.filter(group__in=list(groups)).values_list("group", "host")
        ],
        batch_size=BATCH,
    )
    below = Group.children.through
    below.objects.bulk_create(
        [
            below(from_group=groups[parent], to_group=groups[child])
            for parent, child in below.objects.filter(from_group__in=list(groups)).values_list(
                "from_group", "to_group"
            )
        ],
        batch_size=BATCH,
    )
    for place in inventory.group_places.all():
        made.group_places.create(instance_group=place.instance_group)
    return made


def _anew(old: ThingT, inventory: Inventory, user: User | None, **more: object) -> ThingT:
    return type(old)(
        inventory=inventory,
        name=old.name,
        description=old.description,
        variables=old.variables,
        created_by=user,
        modified_by=user,
        **more,
    )
