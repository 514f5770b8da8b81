"""Deleting an inventory: it is marked at once, and deleted with its hosts and groups in the background."""

from inventories.exceptions import AlreadyBeingDeleted
from inventories.models import Inventory


def schedule_deletion(inventory: Inventory) -> None:
    """Mark it; the next look at what is marked deletes it. Raises AlreadyBeingDeleted."""
    marked = Inventory.objects.filter(pk=inventory.pk, pending_deletion=False).update(pending_deletion=True)
    if not marked:
        raise AlreadyBeingDeleted("Inventory is already pending deletion.")


def delete_scheduled() -> int:
    """Delete the inventories that are marked; returns how many there were."""
    marked = list(Inventory.objects.filter(pending_deletion=True))
    for inventory in marked:
        inventory.delete()
    return len(marked)
