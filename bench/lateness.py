"""How late calls begin: of schedules that are due steadily, and of a herd that is due in one second.

Beat, one worker and the broker as in production. What is late is said by the endpoint: when a call arrived, and for
when it was scheduled.
"""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench import workers
from bench.endpoint import Endpoint, Noted
from bench.report import Figure, WrongCount
from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import ACTIVE, OverlapPolicy
from schedules.models import Schedule
from schedules.planning import compute_times, plan_wakeups
from tests.factories.jobs import make_job_template

# Schedules of the herd.
SIZE = 10_000
PER_SECOND = 100  # launches, steadily
STEADY_FOR = 60  # seconds; in proportion to the herd
TEMPLATES = 20
# Until the first is due, beside the time in which they are made.
LEAD = timedelta(seconds=5)
# Schedules that are made in a second, on a busy machine.
MADE_PER_SECOND = 500


def run(size: int) -> Iterator[Figure]:
    with Endpoint() as endpoint:
        templates = [
            make_job_template(endpoint=f"{endpoint.url}/after/0.001", overlap_policy=OverlapPolicy.ALLOW)
            for _ in range(TEMPLATES)
        ]
        with workers.worker(), workers.beat():
            yield _steady(endpoint, templates, max(1, STEADY_FOR * size // SIZE))
            ours = _herd(endpoint, templates, size)
        with workers.by_hand(size, "--launch", f"{endpoint.url}/after/0.001"):
            floor = _herd(endpoint, templates, size)
    yield Figure(
        "lateness.herd.last", ours, "s", floor=floor, ratio=floor / ours, sizes={"due_in_one_second": size}
    )


def _steady(endpoint: Endpoint, templates: list[JobTemplate], seconds: int) -> Figure:
    number = PER_SECOND * seconds
    begin = _begin(number)
    dues = [begin + timedelta(seconds=place // PER_SECOND) for place in range(number)]
    late = _late(endpoint, templates, dues)
    return Figure(
        "lateness.steady.p99",
        sorted(late)[math.ceil(len(late) * 0.99) - 1],
        "s",
        sizes={"launches_per_second": PER_SECOND, "seconds": seconds},
    )


def _herd(endpoint: Endpoint, templates: list[JobTemplate], number: int) -> float:
    """Seconds until the last call of the herd began."""
    return max(_late(endpoint, templates, [_begin(number)] * number))


def _begin(number: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + LEAD + timedelta(seconds=number // MADE_PER_SECOND)


def _late(endpoint: Endpoint, templates: list[JobTemplate], dues: list[datetime]) -> list[float]:
    """How many seconds after their times the calls arrived of schedules that are due then."""
    Schedule.objects.update(enabled=False)
    schedules = [
        Schedule(
            unified_job_template=templates[place % TEMPLATES].template,
            name=f"{due:%H%M%S} {place}",
            rrule=f"DTSTART:{due:%Y%m%dT%H%M%SZ} RRULE:FREQ=DAILY;INTERVAL=1",
        )
        for place, due in enumerate(dues)
    ]
    for schedule, due in zip(schedules, dues, strict=True):
        compute_times(schedule, now=due - timedelta(seconds=1))
    Schedule.objects.bulk_create(schedules, batch_size=1000)
    if datetime.now(UTC) > dues[0]:
        raise WrongCount(f"{len(dues)} schedules took longer to be made than until they were due.")
    # As when schedules are saved; what is due later than the next beat is found by that.
    plan_wakeups(dues, now=datetime.now(UTC))
    endpoint.noted()
    time.sleep((dues[-1] - datetime.now(UTC)).total_seconds())
    launched = UnifiedJob.objects.filter(scheduled_for__gte=dues[0])
    workers.wait_until(
        lambda: launched.count() == len(dues) and not UnifiedJob.objects.filter(status__in=ACTIVE).exists(),
        "not all have run",
    )
    noted: Noted = endpoint.noted()
    if len(noted.late) != len(dues):
        raise WrongCount(f"There were {len(noted.late)} calls for {len(dues)} schedules.")
    return noted.late
