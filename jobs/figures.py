"""What `/metrics/` tells of runs and services. Triggers count them (migration 0022)."""

from collections.abc import Iterator

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Now
from prometheus_client.core import Metric

from jobs.models import Service, UnifiedJob
from jobs.statuses import BreakerState, Outcome, Status
from observability.counting import Counts
from observability.figures import counter, gauge, histogram

# Upper ends of the buckets, in seconds, as the trigger names them.
LATENESS = ("0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "300", "900", "3600", "+Inf")


def run_figures(counts: Counts) -> Iterator[Metric]:
    by_status = dict.fromkeys(Status.values, 0.0) | counts.by("runs", "status")
    yield gauge(
        "awx_status_total", "Number of runs by status", *(({"status": s}, n) for s, n in by_status.items())
    )
    for status in (Status.RUNNING, Status.PENDING):
        yield gauge(f"awx_{status}_jobs_total", f"Number of {status} runs", ({}, by_status[status]))
    yield gauge(
        "belfry_runs_in_flight", "Number of runs that are carried out", ({}, by_status[Status.RUNNING])
    )
    queued = by_status[Status.PENDING] + by_status[Status.WAITING]
    yield gauge("belfry_queue_depth", "Number of runs that have yet to begin or to go on", ({}, queued))
    yield gauge(
        "belfry_queue_oldest_seconds",
        "For how long the run has been due that has waited longest for a worker",
        ({}, _oldest_due()),
    )
    yield counter(
        "belfry_runs_ended",
        "Runs that ended, by status and reason",
        *_sorted(counts, "runs_ended", {"status": Status.SUCCESSFUL.value, "reason": ""}),
    )
    yield counter(
        "belfry_attempts",
        "Calls that ended, by outcome",
        *_sorted(counts, "attempts", {"outcome": Outcome.SUCCESS.value}),
    )
    late = counts.by("lateness", "le")
    yield histogram(
        "belfry_run_lateness_seconds",
        "From when a schedule was to launch a run, in its slot, to the start of the run",
        LATENESS,
        counts=[late.get(bound, 0.0) for bound in LATENESS],
        total=counts.total("lateness_seconds"),
    )


def breaker_figures(_: Counts) -> Iterator[Metric]:
    guarded = Service.objects.filter(project__breaker_threshold__gt=0).order_by("pk")
    rows = guarded.values_list("project_id", "project__name", "breaker")
    yield gauge(
        "belfry_breaker_state",
        "Whether the circuit breaker of a service is in this state",
        *(
            ({"project": str(project), "name": name, "state": state}, float(state == now))
            for project, name, now in rows
            for state in BreakerState.values
        ),
    )


def _sorted(counts: Counts, name: str, usual: dict[str, str]) -> list[tuple[dict[str, str], float]]:
    """The counts with their labels in one order; zero of the usual where nothing was counted yet."""
    found = [({label: labels.get(label, "") for label in usual}, n) for labels, n in counts.of(name)]
    return found or [(usual, 0.0)]


def _oldest_due() -> float:
    """Of runs without limits by one look into their index, of those of services by one for each."""
    waiting = UnifiedJob.objects.filter(status=Status.WAITING).order_by()
    free = waiting.filter(service=None).aggregate(seconds=Now() - Min("available_at"))["seconds"]
    first = waiting.filter(service=OuterRef("pk")).order_by("available_at").values("available_at")[:1]
    services = Service.objects.annotate(first=Subquery(first))
    limited = services.aggregate(seconds=Now() - Min("first"))["seconds"]
    ages: list[float] = [age.total_seconds() for age in (free, limited) if age is not None]
    return max([0.0, *ages])
