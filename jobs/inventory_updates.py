"""Brings an inventory up to date with what a source's feed named: set-based, whatever the number of hosts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from api.variables import parse_variables
from inventories.models import Group, Host, Inventory
from jobs.inventory_feeds import Feed, FoundGroup
from jobs.models import InventorySource


def apply_feed(source_id: int, feed: Feed) -> None:
    """Write `feed` to the inventory of a source; nothing if the source is gone. To be called in a transaction."""
    source = InventorySource.objects.select_related("inventory").filter(pk=source_id).first()
    if source is None:
        return
    # One update of an inventory at a time.
    inventory = Inventory.objects.select_for_update().filter(pk=source.inventory_id).first()
    if inventory is None or inventory.pending_deletion:
        return
    hosts = _write(Host, inventory, source, feed, feed.hosts)
    groups = _write(
        Group, inventory, source, feed, {name: group.variables for name, group in feed.groups.items()}
    )
    _write_members(feed, hosts, groups)
    if feed.variables:
        _write_inventory(inventory, feed)


def _write(
    model: Any,
    inventory: Inventory,
    source: InventorySource,
    feed: Feed,
    found: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """The rows of all hosts or groups that were found, by name, as the feed says they are."""
    rows = {row.name: row for row in model.objects.filter(inventory=inventory, name__in=list(found))}
    new = {name: model(inventory=inventory, name=name) for name in found if name not in rows}
    changed = [row for row in rows.values() if _take(row, feed, found[row.name])]
    for name, row in new.items():
        _take(row, feed, found[name])
    model.objects.bulk_create(new.values(), batch_size=1000)
    fields = ["variables", "modified", *(["enabled"] if model is Host else [])]
    model.objects.bulk_update(changed, fields, batch_size=1000)
    rows |= new
    _own(model, source, rows.values(), overwrite=feed.rules.overwrite)
    return rows


def _take(row: Host | Group, feed: Feed, values: dict[str, Any]) -> bool:
    """Give a row what the feed says of it; returns whether that is a change."""
    enabled = feed.rules.is_enabled(values)
    variables = _variables(row.variables, values, overwrite=feed.rules.overwrite_vars)
    is_changed = row.variables != variables or (isinstance(row, Host) and row.enabled != enabled)
    row.variables, row.modified = variables, timezone.now()
    if isinstance(row, Host):
        row.enabled = enabled
    return is_changed


def _own(model: Any, source: InventorySource, rows: Iterable[Any], *, overwrite: bool) -> None:
    """Remember what is the source's; what it found before and now does not goes, where the source says so."""
    owned: Any = source.hosts if model is Host else source.groups
    ids = [row.pk for row in rows]
    if overwrite:
        model.objects.filter(inventory_sources=source).exclude(pk__in=ids).delete()
    owned.add(*ids)


def _variables(stored: str, found: dict[str, Any], *, overwrite: bool) -> str:
    values = found if overwrite else {**parse_variables(stored), **found}
    return json.dumps(values, ensure_ascii=False) if values else ""


def _write_members(feed: Feed, hosts: Mapping[str, Host], groups: Mapping[str, Group]) -> None:
    """Which hosts and groups are in which group; with `overwrite` no others are."""
    if feed.rules.overwrite:
        ids = [group.pk for group in groups.values()]
        Group.hosts.through._default_manager.filter(group_id__in=ids).delete()
        Group.children.through._default_manager.filter(from_group_id__in=ids).delete()
    members = [(groups[name], group) for name, group in feed.groups.items()]
    _insert(Group.hosts.through, "host_id", "group_id", _pairs(members, "hosts", hosts))
    _insert(Group.children.through, "to_group_id", "from_group_id", _pairs(members, "children", groups))


def _pairs(
    members: Iterable[tuple[Group, FoundGroup]], what: str, rows: Mapping[str, Any]
) -> list[tuple[int, int]]:
    return [
        (group.pk, rows[name].pk) for group, found in members for name in getattr(found, what) if name in rows
    ]


def _insert(through: Any, member: str, group: str, pairs: Iterable[tuple[int, int]]) -> None:
    through._default_manager.bulk_create(
        [through(**{group: group_id, member: member_id}) for group_id, member_id in pairs],
        ignore_conflicts=True,
        batch_size=2000,
    )


def _write_inventory(inventory: Inventory, feed: Feed) -> None:
    inventory.variables = _variables(inventory.variables, feed.variables, overwrite=feed.rules.overwrite_vars)
    inventory.save(update_fields=["variables", "modified"])
