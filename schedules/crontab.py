"""A crontab, read: when each of its lines runs, and what else stands there.

The format is that of Vixie's cron and of cronie: crontab(5). Commands and the values of variables may hold secrets:
nothing that is returned quotes them, nor a line that cannot be read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from schedules import zones
from schedules.jitter import LONGEST_WINDOW

LONGEST_TEXT = 100_000
MOST_LINES = 1_000

BLANKS = re.compile("[ \t]+")
VARIABLE = re.compile(r"""["']?([A-Za-z_][A-Za-z0-9_]*)["']?[ \t]*=[ \t]*(.*)""")
PART = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\w+))?", re.ASCII)
NUMBER = re.compile("[0-9]{1,9}")

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class InvalidLine(ValueError):
    """A line of a crontab that cannot be read, or that nothing here stands for; the message is for a person."""


class Column(NamedTuple):
    """A field of a line: the numbers that it may have, and names for them, the first of which is `first`."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
COLUMNS = (
    Column("minute", 0, 59),
    Column("hour", 0, 23),
    Column("day of the month", 1, 31),
    Column("month", 1, 12, MONTH_NAMES),
    Column("day of the week", 0, 7, DAY_NAMES),
)


@dataclass(frozen=True, slots=True)
class Fields:
    """When a line runs: the numbers of its five fields. Sunday is 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Whether a day of the month or of the week is enough: neither field begins with `*`"""
    by_the_clock: bool
    """Whether the minute or the hour begins with `*`: a change of the clock is then no reason to run or not to"""


@dataclass(frozen=True, slots=True)
class CronJob:
    """A line that runs a command, or is meant to: `fields` is None where `error` says why it cannot be had here."""

    line: int
    timezone: str
    expression: str = ""
    fields: Fields | None = None
    jitter_seconds: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A line that sets a variable, and what stands for it here."""

    line: int
    name: str
    note: str


class Crontab(NamedTuple):
    jobs: list[CronJob]
    variables: list[Variable]


def read_crontab(text: str, timezone: str, *, has_users: bool = False) -> Crontab:
    """All lines of a crontab of at most LONGEST_TEXT characters; `timezone` is that of the host.

    With `has_users` a user stands before each command, as in /etc/crontab. A line that cannot be read says so itself.
    Raises InvalidLine for more than MOST_LINES lines.
    """
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise InvalidLine(f"A crontab may have at most {MOST_LINES} lines here.")
    crontab = Crontab([], [])
    surroundings = Surroundings(timezone)
    for number, raw in enumerate(lines, start=1):
        line = raw.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        if variable := VARIABLE.fullmatch(line):
            name, value = variable[1], variable[2].strip("\"'")
            crontab.variables.append(Variable(number, name, surroundings.set(number, name, value)))
        else:
            crontab.jobs.append(surroundings.read(number, line, has_users=has_users))
    return crontab


class Surroundings:
    """What the variables above a line mean for it."""

    def __init__(self, timezone: str) -> None:
        self._host = timezone
        self._timezone = timezone
        self._delay = 0
        self._error = ""

    def set(self, line: int, name: str, value: str) -> str:
        """Heed a variable, and say what stands for it here."""
        match name:
            case "CRON_TZ":
                return self._set_timezone(line, value)
            case "RANDOM_DELAY":
                return self._set_delay(value)
            case "MAILTO":
                return (
                    "A notification template of type `email`, attached at `notification_templates_error` of the job "
                    "template: told is what failed, not what printed something."
                )
            case "TZ":
                return (
                    "It is the command's own and does not say when cron runs it; `timezone` and CRON_TZ do."
                )
            case _:
                return "Nothing runs on a host; what the work needs to know is in `extra_vars`."

    def _set_timezone(self, line: int, name: str) -> str:
        self._error = ""
        self._timezone = name or self._host
        if zones.find(self._timezone) is None:
            self._timezone = self._host
            self._error = f"The CRON_TZ of line {line} is not the name of a time zone."
            return "It is not the name of a time zone, so the lines below it cannot be read."
        return (
            "The lines below it are read in this time zone, as by a host of that zone; cronie by itself skips or "
            "repeats their fixed times when its clocks change."
        )

    def _set_delay(self, minutes: str) -> str:
        if not NUMBER.fullmatch(minutes) or int(minutes) * 60 > LONGEST_WINDOW:
            self._delay = 0
            return f"It must be minutes, {LONGEST_WINDOW // 60} at most, and is left out."
        self._delay = int(minutes) * 60
        return "It is the `jitter_seconds` of the schedules of the lines below it."

    def read(self, number: int, line: str, *, has_users: bool) -> CronJob:
        job = CronJob(line=number, timezone=self._timezone, error=self._error)
        if self._error:
            return job
        try:
            expression, command = split(line.removeprefix("-"), has_users=has_users)
            fields = read_fields(NICKNAMES.get(expression, expression))
        except InvalidLine as error:
            return CronJob(line=number, timezone=self._timezone, error=str(error))
        slept = random_sleep(command)
        return CronJob(
            line=number,
            timezone=self._timezone,
            expression=expression,
            fields=fields,
            jitter_seconds=min(self._delay + slept, LONGEST_WINDOW),
            notes=tuple(notes(command, has_users=has_users)),
        )


def split(line: str, *, has_users: bool) -> tuple[str, str]:
    """The fields of a line, parted by single blanks, and its command. Raises InvalidLine."""
    wanted = 1 if line.startswith("@") else len(COLUMNS)
    found = BLANKS.split(line, maxsplit=wanted + has_users)
    if len(found) < wanted:
        raise InvalidLine("It has fewer than five fields.")
    expression = " ".join(found[:wanted])
    if expression == "@reboot":
        raise InvalidLine("Nothing is launched because a host has started (@reboot).")
    if wanted == 1 and expression not in NICKNAMES:
        raise InvalidLine(f"Cron knows {', '.join(NICKNAMES)} and @reboot, and no other word with @.")
    behind = found[wanted:]
    if behind and behind[0].startswith("*"):
        raise InvalidLine("It has six fields of times; cron has five, the first of which is the minute.")
    if has_users and not behind:
        raise InvalidLine("There is no user behind its times.")
    return expression, behind[-1] if len(behind) > has_users else ""


def read_fields(expression: str) -> Fields:
    """The five fields of a line. Raises InvalidLine."""
    texts = expression.split(" ")
    minute, hour, day, _, weekday = (text.startswith("*") for text in texts)
    minutes, hours, days, months, weekdays = map(numbers, COLUMNS, texts)
    return Fields(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        either_day=not (day or weekday),
        by_the_clock=minute or hour,
    )


def numbers(column: Column, text: str) -> frozenset[int]:
    """The numbers that a field names. Raises InvalidLine."""
    if "~" in text:
        raise InvalidLine(
            f"The {column.name} is random (~): write the time that it is to be, and spread launches by "
            "jitter_seconds."
        )
    return frozenset(number for part in text.split(",") for number in _range(column, part))


def _range(column: Column, text: str) -> Iterable[int]:
    part = PART.fullmatch(text)
    if part is None:
        raise InvalidLine(f"The {column.name} must be *, or numbers, ranges such as 1-5, and lists of these.")
    if part["all"]:
        low, high = column.first, column.last
    else:
        low = _number(column, part["low"])
        high = _number(column, part["high"] or part["low"])
    if low > high:
        raise InvalidLine(f"The {column.name} has a range that ends before it begins.")
    if not part["step"]:
        return range(low, high + 1)
    if not part["all"] and not part["high"]:
        raise InvalidLine(
            f"The {column.name} has a step behind a single number; cron wants * or a range before it."
        )
    if not NUMBER.fullmatch(part["step"]) or not int(part["step"]):
        raise InvalidLine(f"The {column.name} has a step that is no positive number.")
    return range(low, high + 1, int(part["step"]))


def _number(column: Column, text: str) -> int:
    if text.lower() in column.names:
        return column.first + column.names.index(text.lower())
    if not NUMBER.fullmatch(text) or not column.first <= int(text) <= column.last:
        named = f", or {column.names[0]} to {column.names[-1]}" if column.names else ""
        raise InvalidLine(f"The {column.name} must be from {column.first} to {column.last}{named}.")
    return int(text)


# -- what commands say of their times ------------------------------------------------------------

RANDOM_SLEEP = re.compile(r"\bsleep\s+\$\(\(\s*RANDOM\s*\\?%\s*([0-9]{1,5})\s*\)\)")
FLOCK = re.compile(r"\bflock\s(?:[^;|&]{0,200}\s)?(?:-\w{0,8}n|--nonblock|--nb)\b")
TIMEOUT = re.compile(r"\btimeout\s")
PERCENT = re.compile(r"(?<!\\)%")


def random_sleep(command: str) -> int:
    """The seconds up to which a command first sleeps at random, in the way that shells have for it."""
    found = RANDOM_SLEEP.search(command)
    return int(found[1]) if found else 0


def notes(command: str, *, has_users: bool) -> Iterator[str]:
    """What stands here for what a command says beside its work."""
    if has_users:
        yield "Its user is a credential of the job template."
    if random_sleep(command):
        yield "Its random sleep is `jitter_seconds`: each schedule keeps its place in the window."
    if FLOCK.search(command):
        yield "It skips a run while the last one is going (flock): `overlap_policy` `skip`."
    if TIMEOUT.search(command):
        yield "Its run is bounded (timeout): `timeout` of the job template."
    if PERCENT.search(RANDOM_SLEEP.sub("", command)):
        yield "What stands behind % is its standard input: `extra_vars` or `http_body` of the job template."
