"""The groups of an inventory as a graph: what is below or above one, and what goes with it when it is deleted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet

from inventories.exceptions import CyclicGroups
from inventories.models import Group, Host, Inventory

Links = Mapping[int, set[int]]


def children_of(inventory_id: int) -> Links:
    """Each group's children, by ids; one statement for the whole inventory."""
    links: dict[int, set[int]] = defaultdict(set)
    through = Group.children.through.objects.filter(from_group__inventory=inventory_id)
    for parent, child in through.values_list("from_group", "to_group"):
        links[parent].add(child)
    return links


def turned(links: Links) -> Links:
    """Each group's parents, where `links` are its children."""
    found: dict[int, set[int]] = defaultdict(set)
    for parent, children in links.items():
        for child in children:
            found[child].add(parent)
    return found


def reachable(start: int, links: Links) -> set[int]:
    """What can be reached from a group, itself included."""
    found = {start}
    waiting = [start]
    while waiting:
        new = links.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def all_hosts(group: Group) -> QuerySet[Host]:
    """The hosts in a group and in what is below it."""
    below = reachable(group.pk, children_of(group.inventory_id))
    return Host.objects.filter(pk__in=Group.hosts.through.objects.filter(group__in=below).values("host"))


def all_groups(host: Host) -> QuerySet[Group]:
    """The groups that a host is in, and those that these are in."""
    return Group.objects.filter(pk__in=groups_above([host.pk], host.inventory_id))


def groups_above(hosts: Sequence[int], inventory_id: int) -> set[int]:
    """The groups of an inventory that these hosts are in, and those that these are in, by ids: two statements."""
    parents = turned(children_of(inventory_id))
    own = Group.hosts.through.objects.filter(host__in=hosts).values_list("group", flat=True).distinct()
    return {pk for start in own for pk in reachable(start, parents)}


def potential_children(group: Group) -> QuerySet[Group]:
    """The groups of the inventory that are neither below nor above one."""
    children = children_of(group.inventory_id)
    related = reachable(group.pk, children) | reachable(group.pk, turned(children))
    return Group.objects.filter(inventory=group.inventory_id).exclude(pk__in=related)


@transaction.atomic
def add_child(parent: Group, child: Group) -> None:
    """Raises CyclicGroups."""
    # Two requests at once could each close the other's circle.
    Inventory.objects.select_for_update().get(pk=parent.inventory_id)
    if parent.pk in reachable(child.pk, children_of(parent.inventory_id)):
        raise CyclicGroups("Cyclical Group association.")
    parent.children.add(child)


@transaction.atomic
def delete(group: Group) -> None:
    """Delete a group, with the groups below it and the hosts that are in no other (AWX's way)."""
    Inventory.objects.select_for_update().get(pk=group.inventory_id)
    doomed = only_below(group.pk, children_of(group.inventory_id))
    through = Group.hosts.through.objects.all()
    elsewhere = through.exclude(group__in=doomed).values("host")
    lonely = through.filter(group__in=doomed).exclude(host__in=elsewhere).values_list("host", flat=True)
    Host.objects.filter(pk__in=list(lonely)).delete()
    Group.objects.filter(pk__in=doomed).delete()


def only_below(start: int, children: Links) -> set[int]:
    """A group, and those below it that nothing else holds."""
    parents = {child: set(above) for child, above in turned(children).items()}
    found = {start}
    waiting = [start]
    while waiting:
        parent = waiting.pop()
        for child in children.get(parent, ()):
            parents[child].discard(parent)
            if not parents[child]:
                found.add(child)
                waiting.append(child)
    return found
