"""Inventories and hosts with what AWX shows of them, computed by the database."""

from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Model,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from inventories.models import Group, Host, Inventory

# What lists can be filtered and ordered by, beside the columns.
TOTALS = (
    "has_active_failures",
    "total_hosts",
    "hosts_with_active_failures",
    "total_groups",
    "has_inventory_sources",
    "total_inventory_sources",
    "inventory_sources_with_failures",
)
LAST_RUN = ("last_job", "last_job_host_summary", "ansible_facts_modified")


def with_totals(inventories: QuerySet[Inventory]) -> QuerySet[Inventory]:
    """Each inventory with the names in TOTALS; the hosts of smart ones are not in `total_hosts` yet."""
    return inventories.annotate(
        total_hosts=_count(Host),
        total_groups=_count(Group),
        has_active_failures=Value(False, BooleanField()),  # noqa: FBT003
        hosts_with_active_failures=Value(0, IntegerField()),
        has_inventory_sources=Value(False, BooleanField()),  # noqa: FBT003
        total_inventory_sources=Value(0, IntegerField()),
        inventory_sources_with_failures=Value(0, IntegerField()),
    )


def with_last_run(hosts: QuerySet[Host]) -> QuerySet[Host]:
    """Each host with the names in LAST_RUN, and its inventory with its totals."""
    return hosts.annotate(
        last_job=Value(None, BigIntegerField(null=True)),
        last_job_host_summary=Value(None, BigIntegerField(null=True)),
        ansible_facts_modified=Value(None, DateTimeField(null=True)),
    ).prefetch_related(WITH_TOTALS, "groups")


def _count(model: type[Model]) -> Any:
    rows = model._default_manager.order_by().filter(inventory=OuterRef("pk")).values("inventory")
    counted = rows.annotate(count=Count(F("pk"))).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


WITH_TOTALS = Prefetch("inventory", with_totals(Inventory.objects.all()))
