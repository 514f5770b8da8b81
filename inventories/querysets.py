"""Inventories and hosts with what AWX shows of them, computed by the database."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject

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
RECENT_RUNS = 5
LAST_RUN = ("last_job", "last_job_host_summary", "ansible_facts_modified")


def with_totals(inventories: QuerySet[Inventory]) -> QuerySet[Inventory]:
    """Each inventory with the names in TOTALS; the hosts of smart ones are not in `total_hosts` yet."""
    sources = _in_inventory(_related(Inventory, "inventory_sources"))
    failing = _in_inventory(Host).filter(has_active_failures=True)
    return inventories.annotate(
        total_hosts=_count(_in_inventory(Host)),
        total_groups=_count(_in_inventory(Group)),
        has_active_failures=Exists(failing),
        hosts_with_active_failures=_count(failing),
        has_inventory_sources=Exists(sources),
        total_inventory_sources=_count(sources),
        inventory_sources_with_failures=_count(_with_failures(sources)),
    )


def with_last_run(hosts: QuerySet[Host]) -> QuerySet[Host]:
    """Each host with the names in LAST_RUN and the runs that called it last, and its inventory with its totals."""
    attempts = _related(Host, "attempts")._default_manager
    calls = attempts.filter(host=OuterRef("pk"), finished__isnull=False).order_by("-pk")
    run = {name: f"job__{name}" for name in ("id", "name", "description", "status", "failed", "finished")}
    shown = JSONObject(
        **run,
        type="job__kind",
        canceled_on="job__canceled_on",
        template="job__unified_job_template",
        template_name="job__unified_job_template__name",
    )
    return hosts.annotate(
        last_job=Subquery(calls.values("job")[:1], output_field=BigIntegerField(null=True)),
        last_job_host_summary=Subquery(calls.values("pk")[:1], output_field=BigIntegerField(null=True)),
        recent_runs=ArraySubquery(calls.values(data=shown)[:RECENT_RUNS]),
        ansible_facts_modified=Value(None, DateTimeField(null=True)),
        is_from_source=Exists(
            _related(Host, "inventory_sources").hosts.through.objects.filter(host=OuterRef("pk"))  # type: ignore[attr-defined]
        ),
    ).prefetch_related(WITH_TOTALS, "groups")


class NothingForNobody(QuerySet[Inventory]):
    """Rows that are asked for only where the condition can be true: that of no ids cannot.

    Django finds that out as well, but after it has written all columns, which for TOTALS takes longer than most
    statements do.
    """

    def _fetch_all(self) -> None:
        if self._result_cache is None and self._cannot_match():
            self._result_cache = []
        super()._fetch_all()

    def _cannot_match(self) -> bool:
        try:
            self.query.where.as_sql(self.query.get_compiler(self.db), connections[self.db])
        except EmptyResultSet:
            return True
        return False


def _related(model: type[Model], accessor: str) -> type[Model]:
    """A model of an app that this one may not import, by the reverse accessor."""
    found: type[Model] = model._meta.get_field(accessor).related_model  # type: ignore[assignment]
    return found


def _in_inventory(model: type[Model]) -> QuerySet[Any]:
    return model._default_manager.order_by().filter(inventory=OuterRef("pk"))


def _with_failures(sources: QuerySet[Any]) -> QuerySet[Any]:
    """The sources whose last update that has ended failed."""
    template = _related(sources.model, "template")
    runs = _related(template, "unified_jobs")._default_manager.filter(
        unified_job_template=OuterRef("pk"), finished__isnull=False
    )
    last = Subquery(runs.order_by("-id").values("failed")[:1], output_field=BooleanField())
    failed: QuerySet[Any] = sources.alias(last_failed=last).filter(last_failed=True)
    return failed


def _count(rows: QuerySet[Any]) -> Any:
    counted = rows.values("inventory").annotate(count=Count(F("pk"))).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


# For `prefetch_related`; most of what may have an inventory has none.
WITH_TOTALS = Prefetch("inventory", with_totals(NothingForNobody(Inventory)))
