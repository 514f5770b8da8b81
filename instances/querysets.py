"""Instances and groups with what AWX shows of their state and load, computed by the database."""

from typing import Any, cast

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FloatField,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Now

from instances.heartbeat import LOST_AFTER
from instances.models import Instance, InstanceGroup

# What lists of instances can be filtered and ordered by.
COMPUTED = ("node_state", "capacity")
RUNNING = "running"

_LIVES = Q(full_capacity__gt=0, last_seen__gt=Now() - LOST_AFTER)


def living(instances: "QuerySet[Instance]") -> "QuerySet[Instance]":
    """Those that were seen within the last minute and have not stopped."""
    return instances.filter(_LIVES)


def with_state(instances: "QuerySet[Instance]") -> "QuerySet[Instance]":
    """Each instance with its state, its capacity and how much of it is in use."""
    runs = _runs().filter(execution_node=OuterRef("hostname"))
    annotated: Any = instances.annotate(
        node_state=Case(
            When(_LIVES, then=Value(Instance.State.READY.value)),
            default=Value(Instance.State.UNAVAILABLE.value),
            output_field=CharField(),
        ),
        jobs_running=_count(runs.filter(status=RUNNING)),
        jobs_total=_count(runs),
    ).annotate(
        capacity=Case(When(node_state=Instance.State.READY, then=F("full_capacity")), default=0),
    )
    return cast("QuerySet[Instance]", _with_load(annotated))


def with_load(groups: "QuerySet[InstanceGroup]") -> "QuerySet[InstanceGroup]":
    """Each group with how many instances it has, their capacity and how much of it is in use."""
    runs = _runs().filter(instance_group=OuterRef("pk"))
    members = Instance.objects.order_by().filter(rampart_groups=OuterRef("pk"))
    ready = living(members)
    annotated: Any = groups.annotate(
        instance_count=_count(members),
        capacity=Coalesce(
            Subquery(ready.values("rampart_groups").annotate(total=Sum("full_capacity")).values("total")), 0
        ),
        jobs_running=_count(runs.filter(status=RUNNING)),
        jobs_total=_count(runs),
    )
    return cast("QuerySet[InstanceGroup]", _with_load(annotated))


def _with_load(rows: Any) -> Any:
    """A run takes one of a capacity's calls."""
    free = Greatest(Cast(F("capacity") - F("jobs_running"), FloatField()), 0.0)
    return rows.annotate(
        consumed_capacity=Cast("jobs_running", FloatField()),
        percent_capacity_remaining=Case(
            When(capacity__gt=0, then=free * 100.0 / F("capacity")), default=0.0, output_field=FloatField()
        ),
    )


def _count(rows: "QuerySet[Any]") -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _runs() -> "QuerySet[Any]":
    """Runs, which live in an app that this one may not import, by the reverse accessor."""
    model: type[Model] = InstanceGroup._meta.get_field("unified_jobs").related_model
    return model._default_manager.order_by()
