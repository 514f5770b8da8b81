"""iCalendar files (RFC 5545) as what calendars exclude. Bounded in size, in entries and in what repeats."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from schedules import zones
from schedules.exceptions import InvalidCalendarFile
from schedules.recurrence import load

LONGEST_FILE = 256 * 1024
# What ended earlier is of no use any more; what repeats is followed so far.
PAST = timedelta(days=366)
FUTURE = timedelta(days=5 * 366)

_A_DAY = timedelta(days=1)
_FOLD = re.compile(r"\r?\n[ \t]")
# Zones are known by their names: rules of a file's own could cost anything.
_OWN_ZONE = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
# What the library and our own reading say of nonsense.
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Found:
    """An entry, in the wall time of the calendar's zone."""

    first_day: date
    from_time: time | None
    last_day: date
    until_time: time | None
    name: str


def read_calendar(text: str, zone: tzinfo, today: date, *, most: int) -> tuple[list[Found], int]:
    """The entries that a file stands for, and how many of its events stand for none.

    Those are canceled, without length, or over for more than a year. What repeats is followed for five years. Raises
    InvalidCalendarFile, also where there are more than `most` entries.
    """
    since = datetime.combine(today, time(), tzinfo=UTC) - PAST
    events = [_Event.of(part, zone) for part in _parts(text)]
    if not events:
        raise InvalidCalendarFile("The file has no events.")
    replaced = {(event.uid, event.replaces) for event in events if event.replaces}
    found: set[Found] = set()
    left_out = 0
    for event in events:
        with _naming(event.name):
            starts = [
                start
                for start in ([] if event.is_void else event.starts(since, most))
                if start + event.length > since and (event.replaces or (event.uid, start) not in replaced)
            ]
            found |= {event.entry(start, zone) for start in starts}
        left_out += not starts
        if len(found) > most:
            raise InvalidCalendarFile(f"A calendar may have {most} entries.")
    return sorted(found, key=lambda each: (each.first_day, each.from_time or time(), each.name)), left_out


def _parts(text: str) -> list[Any]:
    if len(text) > LONGEST_FILE:
        raise InvalidCalendarFile(f"The file may have {LONGEST_FILE} characters.")
    text = _OWN_ZONE.sub("", _FOLD.sub("", text))
    if re.search(r"^BEGIN.*VTIMEZONE", text, re.MULTILINE | re.IGNORECASE):
        raise InvalidCalendarFile("A time zone of the file cannot be read.")
    # 2 MB of each web process, of which few are ever given a file.
    from icalendar import Calendar  # noqa: PLC0415

    try:
        calendar = Calendar.from_ical(text)
    except OSError:
        # The library looks for a zone's file by whatever name it finds.
        raise InvalidCalendarFile("A time zone of the file is unknown.") from None
    except _BROKEN as error:
        raise InvalidCalendarFile(f"This is no iCalendar file: {str(error)[:200]}") from None
    if calendar.name != "VCALENDAR":
        raise InvalidCalendarFile("This is no iCalendar file: it has no VCALENDAR.")
    return [part for part in calendar.subcomponents if part.name == "VEVENT"]


@contextmanager
def _naming(event: str) -> Iterator[None]:
    """What goes wrong is told with the event's name."""
    try:
        yield
    except _BROKEN as error:
        raise InvalidCalendarFile(f'The event "{event}" cannot be read: {str(error)[:200]}') from None


@dataclass(frozen=True, slots=True)
class _Event:
    """`start` is aware, that of whole days midnight in UTC; all other times are in UTC."""

    part: Any
    name: str
    uid: str
    start: datetime
    length: timedelta
    has_days: bool
    # Which time of an event that repeats it stands for.
    replaces: datetime | None

    @classmethod
    def of(cls, part: Any, zone: tzinfo) -> "_Event":
        name = " ".join(str(part.get("SUMMARY", "")).split())[:512] or "Without a name"
        with _naming(name):
            start, end, replaces = (
                _time(part, wanted, zone) for wanted in ("DTSTART", "DTEND", "RECURRENCE-ID")
            )
            if start is None:
                raise ValueError("it has no DTSTART")
            has_days = not isinstance(part["DTSTART"].dt, datetime)
            length = _A_DAY if has_days else timedelta()
            if end is not None:
                length = end.astimezone(UTC) - start.astimezone(UTC)
            elif "DURATION" in part:
                length = part["DURATION"].dt
            if length < timedelta() or (has_days and length % _A_DAY):
                raise ValueError("it ends before it begins, or within a day")
            if replaces is not None:
                replaces = replaces.astimezone(UTC)
            if replaces and part["RECURRENCE-ID"].params.get("RANGE"):
                raise ValueError("RANGE is not supported")
            return cls(part, name, str(part.get("UID", "")), start, length, has_days, replaces)

    @property
    def is_void(self) -> bool:
        return not self.length or str(self.part.get("STATUS", "")).upper() == "CANCELLED"

    def starts(self, since: datetime, most: int) -> set[datetime]:
        """When it begins, each time, in UTC; where it repeats, from what may still last at `since` on."""
        zone = self.start.tzinfo or UTC
        found = {each.astimezone(UTC) for each in (self.start, *_times(self.part, "RDATE", zone))}
        if "RRULE" in self.part:
            recurrence = load(self._rule())
            found |= set(recurrence.between(since - self.length, since + PAST + FUTURE, limit=most + 1))
        return found - {each.astimezone(UTC) for each in _times(self.part, "EXDATE", zone)}

    def _rule(self) -> str:
        if isinstance(self.part["RRULE"], list):
            raise ValueError("several RRULE are not supported")
        key = getattr(self.start.tzinfo, "key", "UTC")
        head, z = (":", "Z") if self.start.tzinfo is UTC else (f";TZID={key}:", "")
        rule = self.part["RRULE"].to_ical().decode()
        rule = re.sub(r"UNTIL=(\d{8})(?![T\d])", rf"UNTIL=\1T235959{z}", rule)
        # As recurrence.py asks for it.
        rule = re.sub(r"(?<=[=,])(?=\d{1,2}(?:MO|TU|WE|TH|FR|SA|SU))", "+", rule)
        interval = "" if "INTERVAL=" in rule else ";INTERVAL=1"
        return f"DTSTART{head}{self.start:%Y%m%dT%H%M%S}{z} RRULE:{rule}{interval}"

    def entry(self, start: datetime, zone: tzinfo) -> Found:
        own = UTC if self.has_days else zone
        begin = start.astimezone(own)
        end = (start + self.length).astimezone(own)
        from_time = None if begin.time() == time() else begin.time()
        if end.time() == time():
            return Found(begin.date(), from_time, end.date() - _A_DAY, None, self.name)
        return Found(begin.date(), from_time, end.date(), end.time(), self.name)


def _time(part: Any, name: str, zone: tzinfo) -> datetime | None:
    """The time of a property that may be there once."""
    times = _times(part, name, zone)
    if len(times) > 1:
        raise ValueError(f"it has several {name}")
    return times[0] if times else None


def _times(part: Any, name: str, zone: tzinfo) -> list[datetime]:
    """All times of a property, aware; floating ones are the zone's."""
    given = part.get(name, [])
    return [
        _aware(value.dt, each.params.get("TZID"), zone)
        for each in (given if isinstance(given, list) else [given])
        for value in getattr(each, "dts", [each])
    ]


def _aware(value: object, zone_name: str | None, zone: tzinfo) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), tzinfo=UTC)
    if not isinstance(value, datetime):
        raise ValueError("periods are not supported")
    name = getattr(value.tzinfo, "key", zone_name)
    if name is None:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=zone)
    known = zones.find(str(name))
    if known is None:
        raise ValueError(f"the time zone {name} is unknown")
    return value.replace(tzinfo=known)
