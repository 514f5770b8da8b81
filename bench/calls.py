"""Calls by one worker process: many short ones, and many long ones at once."""

import statistics
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max

from bench import workers
from bench.endpoint import Endpoint
from bench.machine import family, peak_memory
from bench.report import Figure, WrongCount, rate_against
from jobs.announcing import announce_work
from jobs.models import UnifiedJob
from jobs.statuses import ACTIVE, Status
from tests.factories.runs import make_runs

# Short calls; a fifth as many long ones are made at once.
SIZE = 10_000
SHORT, LONG = 0.001, 5.0  # seconds that the endpoint takes
# Short calls are measured so often, in turn with the floor's.
ROUNDS = 3
WARM_UP = 500


@dataclass(frozen=True, slots=True)
class Measured:
    """From the commit of the runs to the record of the last outcome, by the database's clock."""

    seconds: float
    megabytes: float
    most_at_once: int


def run(size: int) -> Iterator[Figure]:
    with Endpoint() as endpoint:
        ours, floor, kept = [], [], []
        for _ in range(ROUNDS):
            ours.append(_measured(workers.worker(), size, endpoint, SHORT))
            floor.append(_measured(workers.by_hand(WARM_UP + size), size, endpoint, SHORT))
            kept.append(_measured(workers.by_hand(WARM_UP + size, "--keep"), size, endpoint, SHORT))
        rate = _median_rate(ours, size)
        sizes: dict[str, int | str] = {"runs": size, "endpoint_ms": 1, "rounds": ROUNDS}
        yield rate_against("calls.short", ours=rate, floor=_median_rate(floor, size), unit="1/s", **sizes)
        # A bare client that keeps its connections is quicker; Belfry does not, so that no call fails for nothing.
        peer = _median_rate(kept, size)
        yield Figure(
            "calls.short.beside_kept_connections", rate, "1/s", peer=peer, ratio=rate / peer, sizes=sizes
        )
        at_once = max(1, size // 5)
        slow = _measured(workers.worker(), at_once, endpoint, LONG)
        bare = _measured(workers.by_hand(WARM_UP + at_once), at_once, endpoint, LONG)
    if slow.most_at_once < at_once:
        raise WrongCount(f"Only {slow.most_at_once} of {at_once} calls were in flight at once.")
    sizes = {"runs": at_once, "endpoint_ms": 5000, "most_at_once": slow.most_at_once}
    ratio = bare.seconds / slow.seconds
    yield Figure("calls.long", slow.seconds, "s", floor=bare.seconds, ratio=ratio, sizes=sizes)
    yield Figure("calls.long.peak_memory", slow.megabytes, "MB", floor=bare.megabytes, sizes=sizes)


def _median_rate(measured: list[Measured], number: int) -> float:
    return number / statistics.median(one.seconds for one in measured)


def _measured(
    working: AbstractContextManager[int], number: int, endpoint: Endpoint, seconds: float
) -> Measured:
    with working as pid:
        _made(WARM_UP, f"{endpoint.url}/after/{SHORT}")
        endpoint.noted()
        took = _made(number, f"{endpoint.url}/after/{seconds}")
        return Measured(took, peak_memory(family(pid)), endpoint.noted().most_at_once)


def _made(number: int, url: str) -> float:
    """The seconds that it takes to make so many runs."""
    known = UnifiedJob.objects.aggregate(last=Max("pk", default=0))["last"]
    make_runs(number, url)
    begun = _clock()
    announce_work()
    active = UnifiedJob.objects.filter(status__in=ACTIVE)
    workers.wait_until(lambda: not active.exists(), "runs have not ended")
    made = UnifiedJob.objects.filter(pk__gt=known)
    wrong = made.exclude(status=Status.SUCCESSFUL).count()
    if wrong or made.count() != number:
        raise WrongCount(f"Of {made.count()} runs {wrong} did not succeed; {number} were made.")
    ended: datetime = made.aggregate(last=Max("modified"))["last"]
    return (ended - begun).total_seconds()


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now
