"""How many runs ended how, by day or by hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDay, TruncHour

from jobs.models import UnifiedJob
from jobs.statuses import Status

# AWX's periods: how many steps back, and how long a step is.
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PERIODS = {"month": (30, DAY), "two_weeks": (14, DAY), "week": (7, DAY), "day": (24, HOUR)}
SHOWN = (Status.SUCCESSFUL, Status.FAILED, Status.CANCELED, Status.ERROR)

Points = list[list[float]]


def ended_runs(
    runs: QuerySet[UnifiedJob], *, period: str, now: datetime, kinds: Sequence[str] | None = None
) -> dict[str, Points]:
    """By status [time, number] for each step of a period that ends at `now`, in UTC; one statement."""
    steps, step = PERIODS[period]
    last = now.replace(minute=0, second=0, microsecond=0)
    if step == DAY:
        last = last.replace(hour=0)
    times = [last - step * back for back in range(steps, -1, -1)]
    truncate = TruncDay if step == DAY else TruncHour
    chosen = runs.filter(finished__gte=times[0], finished__lte=now, status__in=SHOWN).order_by()
    if kinds is not None:
        chosen = chosen.filter(kind__in=kinds)
    rows = chosen.annotate(at=truncate("finished")).values_list("status", "at").annotate(number=Count("pk"))
    counts = {(status, at): number for status, at, number in rows}
    return {
        status.value: [[at.timestamp(), counts.get((status.value, at), 0)] for at in times]
        for status in SHOWN
    }
