"""10,000 schedules that are due at once among a million."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bench import tick_floor
from bench.report import Figure, WrongCount, rate_against
from bench.world import NOON, load_schedules, make_templates
from schedules import poller

SIZE = 1_000_000
# A tenth of them, which is asked first, has room for all that is due in any minute.
SMALLEST = 30_000
DUE = 10_000
# Of each: the first warms up, and of the others the best counts.
ROUNDS = 4
# A tick of so many is one batch.
FEW, MANY = 50, 499


def run(size: int) -> Iterator[Figure]:
    templates = make_templates()
    minutes = iter(range(60))
    rates: list[tuple[float, float]] = []
    stored, due = 0, min(DUE, size // 100)
    for total in (size // 10, size):
        counted = [next(minutes) for _ in range(2)]
        rounds = [(next(minutes), next(minutes)) for _ in range(ROUNDS)]
        numbers = dict(zip(counted, (FEW, MANY), strict=True))
        numbers |= {minute: due for pair in rounds for minute in pair}
        load_schedules(templates, numbers, first=stored + 1, last=total)
        stored = total
        yield _statements(_at(counted[0]), _at(counted[1]), stored)
        if not rates:
            tick_floor.remember_runs()
        rates.append(_measure(rounds, due))
        ours, floor = rates[-1]
        yield rate_against("tick", ours=ours, floor=floor, unit="launches/s", stored=stored, due=due)
    smaller, larger = rates[0][0], rates[1][0]
    sizes = {"stored": size, "stored_by_peer": size // 10}
    yield Figure("tick.growth", larger, "launches/s", peer=smaller, ratio=larger / smaller, sizes=sizes)


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def _measure(rounds: list[tuple[int, int]], due: int) -> tuple[float, float]:
    """Launches a second: ours and the floor's, taken in turn."""
    ours, floor = [], []
    for our_minute, floors_minute in rounds:
        began = time.perf_counter()
        launched = poller.launch_due(_at(our_minute)).launched
        between = time.perf_counter()
        launched_by_floor = tick_floor.launch_due(_at(floors_minute))
        ended = time.perf_counter()
        assert launched == launched_by_floor == due, (launched, launched_by_floor, due)
        ours.append(due / (between - began))
        floor.append(due / (ended - between))
    return max(ours[1:]), max(floor[1:])


def _statements(few_at: datetime, many_at: datetime, stored: int) -> Figure:
    """Raises WrongCount where a batch of many schedules takes more statements than one of few."""
    few, many = _count_statements(few_at, FEW), _count_statements(many_at, MANY)
    if few != many:
        raise WrongCount(f"{few} statements for a batch of {FEW}, {many} for one of {MANY}.")
    return Figure(
        "tick.statements", many, "statements/batch", peer=few, sizes={"stored": stored, "due": MANY}
    )


def _count_statements(now: datetime, due: int) -> int:
    statements = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        launched = poller.launch_due(now).launched
    assert launched == due, (launched, due)
    return statements
