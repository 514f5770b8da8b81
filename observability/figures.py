"""What `/metrics/` tells: each app gives its own figures in its `ready`."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from observability.counting import Counts, read_counts

Figures = Callable[[Counts], Iterable[Metric]]
Sample = tuple[dict[str, str], float]

_figures: list[Figures] = []


def add_figures(figures: Figures) -> None:
    """Let `/metrics/` show these, after those that were added before."""
    _figures.append(figures)


class Everything(Collector):
    """All figures as they are when they are collected. The truth is in the database, so each process tells the same."""

    def collect(self) -> Iterator[Metric]:
        counts = read_counts()
        for figures in _figures:
            yield from figures(counts)


def gauge(name: str, text: str, *samples: Sample) -> GaugeMetricFamily:
    """Each sample is (labels, value); all have the same labels."""
    family = GaugeMetricFamily(name, text, labels=_labels(samples))
    for labels, value in samples:
        family.add_metric(list(labels.values()), value)
    return family


def counter(name: str, text: str, *samples: Sample) -> CounterMetricFamily:
    """Prometheus knows it as `<name>_total`."""
    family = CounterMetricFamily(name, text, labels=_labels(samples))
    for labels, value in samples:
        family.add_metric(list(labels.values()), value)
    return family


def histogram(
    name: str, text: str, bounds: Sequence[str], *, counts: Sequence[float], total: float
) -> HistogramMetricFamily:
    """`counts` are those of each bucket alone, `bounds` their upper ends, `total` the sum of all observations."""
    family = HistogramMetricFamily(name, text)
    reached = 0.0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip(bounds, counts, strict=True):
        reached += count
        buckets.append((bound, reached))
    family.add_metric([], buckets, total)
    return family


def _labels(samples: Sequence[Sample]) -> list[str]:
    return list(samples[0][0]) if samples else []
