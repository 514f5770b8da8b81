"""The activity streams of inventories, hosts and groups, which show each other's entries, too (AWX's way)."""

from typing import Any

from django.db.models import Q, QuerySet

from access.activity import ActivityStream
from access.api.activity import ENTRIES, ObjectActivity
from inventories.models import Group, Host, Inventory


class WiderActivity(ObjectActivity):
    """Entries of the object itself, and of what `others` says."""

    def others(self, obj: Any) -> Q:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[ActivityStream]:
        own = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return own
        return ENTRIES.filter(Q(pk__in=own.order_by().values("pk")) | self.others(self.get_parent()))


class InventoryActivity(WiderActivity):
    """What was done to an inventory, its hosts and its groups, the first first."""

    parents = Inventory.objects.all()
    kind = "inventory"

    def others(self, obj: Inventory) -> Q:
        hosts, groups = obj.hosts.order_by().values("pk"), obj.groups.order_by().values("pk")
        return Q(object1="host", object1_pk__in=hosts) | Q(object1="group", object1_pk__in=groups)


class HostActivity(WiderActivity):
    """What was done to a host and to its inventory, the first first."""

    parents = Host.objects.all()
    kind = "host"

    def others(self, obj: Host) -> Q:
        return Q(object1="inventory", object1_pk=obj.inventory_id)


class GroupActivity(WiderActivity):
    """What was done to a group and to its hosts, the first first."""

    parents = Group.objects.all()
    kind = "group"

    def others(self, obj: Group) -> Q:
        return Q(object1="host", object1_pk__in=obj.hosts.order_by().values("pk"))
