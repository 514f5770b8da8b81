from typing import ClassVar

from django.db import models

from access.models import CommonModel, Organization
from inventories.models import Inventory


class Label(CommonModel):
    """A word by which objects are found; one that its last object lets go is deleted (AWX's way)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="labels")
    inventories = models.ManyToManyField(Inventory, blank=True, related_name="labels")

    class Meta:
        ordering = ["organization_id", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "organization"], name="label_name_unique"),
        ]
