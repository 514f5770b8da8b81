"""Where calls go: AWX's inventories of hosts and groups. A host is a base URL (inventories/addresses.py)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from access.models import CommonModel, Organization
from instances.models import InstanceGroup


class Inventory(CommonModel):
    """Hosts that are called together; of a smart inventory, those that its `host_filter` finds."""

    class Kind(models.TextChoices):
        NORMAL = "", "Hosts are put into it"
        SMART = "smart", "Hosts are found by host_filter"
        CONSTRUCTED = "constructed", "AWX's; there are none here"

    # Null when its organization is deleted, as in AWX: its hosts are not lost with it.
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.SET_NULL, related_name="inventories"
    )
    kind = models.CharField(max_length=32, choices=Kind.choices, blank=True, default=Kind.NORMAL)
    host_filter = models.TextField(null=True, blank=True, default=None)  # noqa: DJ001 (AWX's null)
    variables = models.TextField(blank=True, default="")
    # It is being deleted, in the background: nothing is launched with it any more.
    pending_deletion = models.BooleanField(default=False, editable=False)
    instance_groups = models.ManyToManyField(
        InstanceGroup, through="InventoryGroup", blank=True, related_name="inventories"
    )
    prevent_instance_group_fallback = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "inventories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "organization"], name="inventory_name_unique"),
        ]


class InventoryGroup(models.Model):
    """An instance group of an inventory; which was attached first is asked first."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="group_places")
    instance_group = models.ForeignKey(
        InstanceGroup, on_delete=models.CASCADE, related_name="inventory_places"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inventory", "instance_group"], name="inventory_group_once"),
        ]

    def __str__(self) -> str:
        return f"group {self.instance_group_id} of inventory {self.inventory_id}"


class Host(CommonModel):
    """One place that is called. The variables of its inventory and its groups are its own, too."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="hosts")
    # A disabled host stays in the inventory and is not called.
    enabled = models.BooleanField(default=True)
    # Whether the last call of it failed; written with the record of the call.
    has_active_failures = models.BooleanField(default=False, editable=False)
    instance_id = models.CharField(max_length=1024, blank=True, default="")
    variables = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["name", "id"]
        constraints: ClassVar = [
            # In this order it serves the list of all hosts, too.
            models.UniqueConstraint(fields=["name", "inventory"], name="host_name_unique"),
        ]
        # The first is read by the list of one inventory's.
        indexes: ClassVar = [
            models.Index(fields=["inventory", "name"], name="host_of_inventory"),
            models.Index(fields=["inventory"], condition=Q(has_active_failures=True), name="host_failing"),
        ]


class Group(CommonModel):
    """Hosts of one inventory that share variables; what is in a group's children is in the group."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="groups")
    children = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="parents")
    hosts = models.ManyToManyField(Host, blank=True, related_name="groups")
    variables = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "inventory"], name="group_name_unique"),
        ]
        indexes: ClassVar = [models.Index(fields=["inventory", "name"], name="group_of_inventory")]
