"""The schedules of an ordeal, and at which instants they are due."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.statuses import OverlapPolicy
from schedules.models import Schedule
from schedules.planning import compute_times
from tests.factories.jobs import make_job_template

# How the templates differ, so many of each: their runs wait for each other (AWX's way), overlap, or are called again
# when their worker is lost.
WAYS: tuple[dict[str, Any], ...] = (
    {"overlap_policy": OverlapPolicy.QUEUE},
    {"overlap_policy": OverlapPolicy.ALLOW},
    {"overlap_policy": OverlapPolicy.ALLOW, "max_attempts": 3, "retry_on": "connect,lost"},
)
TEMPLATES_OF_EACH = 7


@dataclass(frozen=True)
class Due:
    """An instant at which something must have become of a schedule."""

    schedule: int
    at: datetime


def make_schedules(
    number: int, *, begin: datetime, seconds: int, endpoint: str, chance: random.Random
) -> list[Due]:
    """Schedules with about `number` occurrences in the `seconds` from `begin`: half of them come again each minute."""
    templates = [
        make_job_template(endpoint=endpoint, **way) for way in WAYS for _ in range(TEMPLATES_OF_EACH)
    ]
    minutes = max(1, seconds // 60)
    repeating = number // 2 // minutes
    schedules: list[Schedule] = []
    instants: list[list[datetime]] = []
    for place, times in enumerate([minutes] * repeating + [1] * (number - repeating * minutes)):
        first = begin + timedelta(seconds=chance.randrange(60 if times > 1 else seconds))
        rule = f"DTSTART:{first:%Y%m%dT%H%M%SZ} RRULE:FREQ=MINUTELY;INTERVAL=1;COUNT={times}"
        template = chance.choice(templates)
        schedule = Schedule(unified_job_template=template.template, name=f"Schedule {place}", rrule=rule)
        compute_times(schedule, now=begin - timedelta(seconds=1))
        schedules.append(schedule)
        instants.append([first + timedelta(minutes=minute) for minute in range(times)])
    made = Schedule.objects.bulk_create(schedules, batch_size=2000)
    return list(_due(made, instants))


def _due(schedules: list[Schedule], instants: list[list[datetime]]) -> Iterator[Due]:
    for schedule, times in zip(schedules, instants, strict=True):
        for at in times:
            yield Due(schedule.pk, at)
