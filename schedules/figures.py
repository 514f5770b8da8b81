"""What `/metrics/` tells of ticks."""

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import Metric

from observability.counting import Counts, increase
from observability.figures import counter, gauge
from observability.moments import TICK, note, seconds_since
from schedules.poller import Tick


def count_tick(tick: Tick, *, took: timedelta, wakeup: bool) -> None:
    """Put a tick that has been on record."""
    note(TICK)
    increase({"ticks": 1, "tick_seconds": took.total_seconds()}, {"kind": "wakeup" if wakeup else "beat"})
    launched = {"tick_launched": tick.launched, "tick_quarantined": tick.quarantined}
    increase({name: number for name, number in launched.items() if number})


def tick_figures(counts: Counts) -> Iterator[Metric]:
    for name, text in (
        ("ticks", "Ticks, by what brought them about"),
        ("tick_seconds", "Seconds that they took"),
    ):
        by_kind = {"beat": 0.0, "wakeup": 0.0} | counts.by(name, "kind")
        yield counter(f"belfry_{name}", text, *(({"kind": kind}, value) for kind, value in by_kind.items()))
    yield counter("belfry_tick_launched", "Runs that ticks launched", ({}, counts.total("tick_launched")))
    yield counter(
        "belfry_schedules_quarantined",
        "Schedules that ticks put aside",
        ({}, counts.total("tick_quarantined")),
    )
    since = seconds_since(TICK)
    if since is not None:
        yield gauge("belfry_seconds_since_last_tick", "Seconds since the last tick", ({}, since))
