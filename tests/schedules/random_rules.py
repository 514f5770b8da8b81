"""Random recurrence rules, the same for the same seed, and python-dateutil's plain answer to them."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import dateutil.rrule
from dateutil.tz import datetime_exists

from schedules import zones

ZONES = (
    "America/New_York",
    "Europe/London",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Nuuk",
    "UTC",
)
# the age of DTSTART in days that plain python-dateutil can walk in some milliseconds
OLDEST = {"YEARLY": 60000, "MONTHLY": 20000, "WEEKLY": 6000, "DAILY": 1500, "HOURLY": 90, "MINUTELY": 2}
INTERVALS = {
    "YEARLY": (1, 1, 1, 2, 3, 4, 7, 100),
    "MONTHLY": (1, 1, 2, 3, 5, 12, 18, 25),
    "WEEKLY": (1, 1, 2, 3, 5, 26, 53),
    "DAILY": (1, 1, 2, 3, 7, 10, 31, 365, 400),
    "HOURLY": (1, 1, 2, 3, 5, 8, 23, 24, 25, 48, 168, 1000),
    "MINUTELY": (1, 1, 2, 5, 7, 15, 23, 30, 45, 60, 90, 1439, 1440, 1441, 10080),
}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


MOST_STEPS = 2_000
MOST_WALKED = 4_000


class TooLong(Exception):
    """Plain python-dateutil would walk too far."""


class Counted(dateutil.rrule._iterinfo):
    """python-dateutil's own masks, which count the steps of a walk."""

    __slots__ = (*dateutil.rrule._iterinfo.__slots__, "steps")

    def __init__(self, rule: Any) -> None:
        super().__init__(rule)
        self.steps = 0

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLong

    def ydayset(self, year: int, month: int, day: int) -> Any:
        self._step()
        return super().ydayset(year, month, day)

    def mdayset(self, year: int, month: int, day: int) -> Any:
        self._step()
        return super().mdayset(year, month, day)

    def wdayset(self, year: int, month: int, day: int) -> Any:
        self._step()
        return super().wdayset(year, month, day)

    def ddayset(self, year: int, month: int, day: int) -> Any:
        self._step()
        return super().ddayset(year, month, day)


def random_case(rng: random.Random) -> tuple[str, datetime]:
    """A rule's text and a moment to ask from."""
    zone = rng.choice(ZONES)
    month, day = rng.choice(((3, 10), (3, 31), (4, 7), (10, 6), (10, 27), (11, 3), (2, 28), (12, 30), (7, 1)))
    now = datetime(rng.randint(2011, 2060), month, 1, tzinfo=UTC) + timedelta(
        days=day - 1 + rng.randint(-2, 2), seconds=rng.randrange(86400)
    )
    freqs = [rng.choice(tuple(OLDEST)) for _ in range(rng.choice((1, 1, 1, 1, 2)))]
    exfreqs = [rng.choice(tuple(OLDEST)) for _ in range(rng.choice((0, 0, 0, 0, 1)))]
    age = min(OLDEST[freq] for freq in freqs + exfreqs)
    start = now - timedelta(days=rng.uniform(-0.05, 1) * age)
    start = start.replace(
        minute=rng.choice((0, 0, 30, start.minute)), second=rng.choice((0, 0, 0, start.second))
    )
    if rng.random() < 0.15:
        start = start.replace(hour=rng.choice((1, 2)), minute=30)
    text = (
        f"DTSTART:{start:%Y%m%dT%H%M%S}Z" if zone == "UTC" else f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}"
    )
    rules = [f"RRULE:{random_rule(rng, freq, now)}" for freq in freqs]
    return " ".join([text, *rules, *(f"EXRULE:{random_rule(rng, freq, now)}" for freq in exfreqs)]), now


def random_rule(rng: random.Random, freq: str, now: datetime) -> str:
    parts = [f"FREQ={freq}", f"INTERVAL={rng.choice((*INTERVALS[freq], rng.randint(1, 60)))}"]

    def maybe(chance: float, name: str, values: range, most: int = 4) -> None:
        if rng.random() < chance:
            listed = rng.sample(
                [value for value in values if value or values.start == 0], rng.randint(1, most)
            )
            parts.append(f"{name}=" + ",".join(map(str, listed)))

    maybe(0.15, "BYMONTH", range(1, 13))
    maybe(0.15, "BYMONTHDAY", range(-31, 32))
    maybe(0.06, "BYYEARDAY", range(-366, 367), 20)
    maybe(0.06 if freq != "MONTHLY" else 0.0, "BYWEEKNO", range(-53, 54), 10)
    maybe(0.02, "BYEASTER", range(-60, 61), 3)
    maybe(0.2, "BYHOUR", range(24))
    maybe(0.15, "BYMINUTE", range(60))
    maybe(0.05, "BYSECOND", range(60), 2)
    if rng.random() < 0.3:
        days = rng.sample(DAYS, rng.randint(1, 4))
        if freq in ("MONTHLY", "YEARLY") and rng.random() < 0.4 and "BYWEEKNO" not in "".join(parts):
            days = [f"{rng.choice(('+', '-'))}{rng.randint(1, 5)}{day}" for day in days]
        parts.append("BYDAY=" + ",".join(days))
    if any(part.startswith("BY") for part in parts):
        maybe(0.2, "BYSETPOS", range(-4, 5), 2)
    if rng.random() < 0.2:
        parts.append(f"WKST={rng.choice(DAYS)}")
    ending = rng.random()
    if ending < 0.15:
        parts.append(f"COUNT={rng.choice((1, 3, 10, 50, 400, 999))}")
    elif ending < 0.3:
        until = now + timedelta(days=rng.choice((-3, 0, 1, 30, 4000)), seconds=rng.randrange(86400))
        parts.append(f"UNTIL={until:%Y%m%dT%H%M%S}Z")
    rng.shuffle(parts)
    return ";".join(parts)


def plain_answer(text: str, now: datetime, count: int) -> list[datetime]:
    """The next `count` occurrences by python-dateutil alone, walked from DTSTART. Raises TooLong."""
    zone: Any = zones.find
    rule: Any = dateutil.rrule.rrulestr(text, forceset=True, tzids=zone, tzinfos={"Z": UTC})
    found: list[datetime] = []
    for walked, moment in enumerate(rule):
        if walked > MOST_WALKED:
            raise TooLong
        if moment > now and datetime_exists(moment):
            found.append(moment.astimezone(UTC))
            if len(found) == count:
                break
    return found
