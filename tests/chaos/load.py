"""The schedules of an ordeal, and at which instants they are due."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules.models import Schedule
from schedules.planning import compute_times
from tests.factories.jobs import make_job_template

# Of so many templates every one queues its runs, the way of AWX; those of the others overlap.
TEMPLATES, QUEUEING = 20, 5


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
        make_job_template(endpoint=endpoint, allow_simultaneous=place >= QUEUEING)
        for place in range(TEMPLATES)
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
