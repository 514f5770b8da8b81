"""10,000 schedules that are due at once among a million, and among a tenth of that.

The tenth is in a database of its own beside the other, and both tick in turns, as does the floor in each: what else
the machine does meanwhile hits all four. Before its turn the schedules of each are read.
"""

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bench import tick_floor
from bench.databases import connected_to, copied
from bench.report import Figure, WrongCount, rate_against
from bench.world import NOON, load_schedules, make_templates
from jobs.models import JobTemplate
from schedules import poller

SIZE = 1_000_000
SMALLER_BY = 10
SMALLEST = 30_000
DUE = 10_000
# The first does not count. A tenth of a million has room for four.
MOST_ROUNDS = 8
# Ticks of so many are one batch.
FEW, MANY = 50, 499


@dataclass
class Database:
    """One with so many schedules, and how many launches a second there were in each round."""

    name: str
    stored: int
    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)


def run(size: int) -> Iterator[Figure]:
    templates = make_templates()
    due = min(DUE, size // 100)
    rounds = min(MOST_ROUNDS, (size // SMALLER_BY - FEW - MANY) // (2 * due + FEW))
    whole = Database(connection.settings_dict["NAME"], size)
    smaller = Database(f"{whole.name}_smaller", size // SMALLER_BY)
    # So that it can be copied.
    connection.close()
    with copied(os.environ["DATABASE_URL"], smaller.name):
        for database in (smaller, whole):
            yield _load(database, templates, due, rounds)
        for number in range(rounds):
            for database in (smaller, whole):
                _tick(database, due, number)
        for database in (smaller, whole):
            yield rate_against(
                "tick",
                ours=_middle(database.ours),
                floor=_middle(database.floor),
                unit="launches/s",
                stored=database.stored,
                due=due,
            )
        yield _growth("tick.growth", whole, _middle(whole.ours), _middle(smaller.ours))
        yield _growth("tick.growth_of_floor", whole, _middle(whole.floor), _middle(smaller.floor))


def _load(database: Database, templates: list[JobTemplate], due: int, rounds: int) -> Figure:
    """Store the schedules, those of all rounds among them; how many statements a batch takes."""
    numbers = {0: FEW, 1: MANY}
    for number in range(rounds):
        numbers |= dict(zip(_minutes(number), (FEW, due, due), strict=True))
    with connected_to(database.name):
        load_schedules(templates, numbers, first=1, last=database.stored)
        return _statements(_at(0), _at(1), database.stored)


def _tick(database: Database, due: int, number: int) -> None:
    """Launch what is due in a round, and what is due in its last minute as the floor does it."""
    warming, ours, floors = _minutes(number)
    with connected_to(database.name):
        _read_schedules()
        # The connection is new.
        poller.launch_due(_at(warming))
        began = time.perf_counter()
        launched = poller.launch_due(_at(ours)).launched
        database.ours.append(launched / (time.perf_counter() - began))
        if number == 0:
            tick_floor.remember_runs()
        began = time.perf_counter()
        launched_by_floor = tick_floor.launch_due(_at(floors))
        database.floor.append(launched_by_floor / (time.perf_counter() - began))
    assert launched == launched_by_floor == due, (launched, launched_by_floor, due)


def _read_schedules() -> None:
    """Bring them into the machine's memory, as they are where their number fits the machine.

    A machine may give up what nobody has read since it was stored, and ten million take eleven minutes to store.
    """
    with connection.cursor() as cursor:
        # No index has this column.
        cursor.execute("SELECT count(identity) FROM schedules_schedule")


def _minutes(number: int) -> range:
    """Of a round."""
    return range(2 + 3 * number, 5 + 3 * number)


def _middle(rates: list[float]) -> float:
    return statistics.median(rates[1:])


def _growth(name: str, whole: Database, larger: float, smaller: float) -> Figure:
    sizes = {"stored": whole.stored, "stored_by_peer": whole.stored // SMALLER_BY}
    return Figure(name, larger, "launches/s", peer=smaller, ratio=larger / smaller, sizes=sizes)


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


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
