"""The next occurrence after now, for rules of every kind that began between today and 1970."""

import random
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr

from bench.report import Figure
from schedules.exceptions import InvalidRule
from schedules.recurrence import Contract, RecurrenceSet, load, parse
from tests.schedules.random_rules import OLDEST, ZONES, random_rule

# Rules of each age.
SIZE = 2000
NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
YEARS = (0, 1, 10, 30, 56)
SEED = 5545
# python-dateutil walks from DTSTART: it is asked for so many rules of each age, and stopped after so many seconds.
ASKED_OF_DATEUTIL = 30
PATIENCE = 0.5
# Milliseconds after which it may have been the machine.
SLOW = 5.0


def run(size: int) -> Iterator[Figure]:
    rng = random.Random(SEED)  # noqa: S311 (the same rules in each run)
    everything: list[float] = []
    for years in YEARS:
        rules = [load(text) for text in _accepted(rng, years, size)]
        times = [_time_of_next(rule) for rule in rules]
        everything += times
        yield _figure(f"recurrence.next.{years}_years", times, years)
        cold = [_milliseconds(_read_and_ask, rule.text) for rule in rules]
        yield _figure(f"recurrence.read_and_next.{years}_years", cold, years)
        yield _beside_dateutil(rules[:ASKED_OF_DATEUTIL], years)
    yield _figure("recurrence.next", everything)
    yield Figure("recurrence.next.worst", max(everything), "ms", sizes={"rules": len(everything)})


def _accepted(rng: random.Random, years: int, number: int) -> Iterator[str]:
    """Texts of rules that Belfry takes and that began within a year of so many years ago."""
    while number:
        text = _random_text(rng, years)
        try:
            parse(text, contract=Contract.SERVER)
        except InvalidRule:
            continue
        number -= 1
        yield text


def _random_text(rng: random.Random, years: int) -> str:
    start = NOW - timedelta(days=365.25 * max(0, years - rng.random()), minutes=rng.randrange(1440))
    zone = rng.choice(ZONES)
    dtstart = (
        f"DTSTART:{start:%Y%m%dT%H%M00}Z" if zone == "UTC" else f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M00}"
    )
    return f"{dtstart} RRULE:{random_rule(rng, rng.choice(tuple(OLDEST)), NOW)}"


def _figure(name: str, times: list[float], years: int | None = None) -> Figure:
    sizes = {"rules": len(times), "seed": SEED} | ({} if years is None else {"years": years})
    return Figure(f"{name}.median", statistics.median(times), "ms", sizes=sizes)


def _beside_dateutil(rules: list[RecurrenceSet], years: int) -> Figure:
    ours = [_milliseconds(_read_and_ask, rule.text) for rule in rules]
    theirs = [_milliseconds(_patiently, rule.text) for rule in rules]
    stopped = sum(each >= PATIENCE * 1000 for each in theirs)
    peer, value = statistics.mean(theirs), statistics.mean(ours)
    return Figure(
        f"recurrence.beside_dateutil.{years}_years.mean",
        value,
        "ms",
        peer=peer,
        ratio=peer / value,
        sizes={"rules": len(rules), "years": years, "dateutil_stopped": stopped},
    )


def _time_of_next(rule: RecurrenceSet) -> float:
    """In milliseconds; of what seems slow the best of three, each with a rule that remembers nothing."""
    took = _milliseconds(rule.after, NOW)
    if took < SLOW:
        return took
    return min(took, *(_milliseconds(load.__wrapped__(rule.text).after, NOW) for _ in range(2)))


def _read_and_ask(text: str) -> datetime | None:
    """Without the rules that are kept when they have been read."""
    return load.__wrapped__(text).after(NOW)


def _patiently(text: str) -> datetime | None:
    """What python-dateutil says of the same text, or nothing after PATIENCE."""
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        found: Any = rrulestr(text, forceset=True)
        answer: datetime | None = found.after(NOW)
    except _Stopped:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return answer


class _Stopped(Exception):
    pass


def _stop(*_: object) -> None:
    raise _Stopped


def _milliseconds(work: Callable[..., object], given: object) -> float:
    began = time.perf_counter()
    work(given)
    return (time.perf_counter() - began) * 1000
