from datetime import UTC, date, time

import pytest

from schedules import zones
from schedules.calendar_files import Found, read_calendar
from schedules.exceptions import InvalidCalendarFile

TODAY = date(2030, 1, 1)


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def file_of(*parts: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""])


def read(*parts: str, zone: str = "Europe/Berlin") -> list[str]:
    found, _ = read_calendar(file_of(*parts), zones.find(zone) or pytest.fail(zone), TODAY, most=50)
    return [in_words(each) for each in found]


def in_words(entry: Found) -> str:
    first = f"{entry.first_day}{f' {entry.from_time:%H:%M}' if entry.from_time else ''}"
    last = f"{entry.last_day}{f' {entry.until_time:%H:%M}' if entry.until_time else ''}"
    return f"{first} – {last} {entry.name}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART;VALUE=DATE:20301225"], ["2030-12-25 – 2030-12-25 x"]),
        (["DTSTART;VALUE=DATE:20301225", "DTEND;VALUE=DATE:20301227"], ["2030-12-25 – 2030-12-26 x"]),
        (["DTSTART;VALUE=DATE:20301225", "DURATION:P1W"], ["2030-12-25 – 2030-12-31 x"]),
        (["DTSTART:20300105T090000", "DTEND:20300105T103000"], ["2030-01-05 09:00 – 2030-01-05 10:30 x"]),
        (["DTSTART:20300105T090000Z", "DURATION:PT2H"], ["2030-01-05 10:00 – 2030-01-05 12:00 x"]),
        (["DTSTART:20300105T230000Z", "DURATION:P1D"], ["2030-01-06 – 2030-01-06 x"]),
        (
            ["DTSTART;TZID=America/New_York:20300105T220000", "DURATION:PT4H"],
            ["2030-01-06 04:00 – 2030-01-06 08:00 x"],
        ),
        (
            ["DTSTART;TZID=W. Europe Standard Time:20300105T090000", "DURATION:PT1H"],
            ["2030-01-05 09:00 – 2030-01-05 10:00 x"],
        ),
        (
            ["DTSTART;VALUE=DATE:19701225", "RRULE:FREQ=YEARLY"],
            [f"{year}-12-25 – {year}-12-25 x" for year in range(2029, 2035)],
        ),
        (
            ["DTSTART;VALUE=DATE:20301128", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20321125"],
            [f"{day} – {day} x" for day in ("2030-11-28", "2031-11-27", "2032-11-25")],
        ),
        (
            [
                *("DTSTART;VALUE=DATE:20300107", "RRULE:FREQ=WEEKLY;COUNT=3"),
                *("EXDATE;VALUE=DATE:20300114", "RDATE;VALUE=DATE:20300201"),
            ],
            [f"{day} – {day} x" for day in ("2030-01-07", "2030-01-21", "2030-02-01")],
        ),
        # Across the change to summer time an event keeps its own zone's clock.
        (
            ["DTSTART;TZID=America/New_York:20300305T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2"],
            ["2030-03-05 15:00 – 2030-03-05 16:00 x", "2030-03-12 14:00 – 2030-03-12 15:00 x"],
        ),
        (["DTSTART;VALUE=DATE:20301225", "STATUS:CANCELLED"], []),
        (["DTSTART:20300105T090000"], []),
        (["DTSTART;VALUE=DATE:20281225"], []),
    ],
)
def test_event_is_read(lines: list[str], expected: list[str]) -> None:
    assert read(event(*lines, "SUMMARY:x")) == expected


def test_one_time_of_an_event_that_repeats_is_replaced_by_another() -> None:
    weekly = event("UID:1", "DTSTART;VALUE=DATE:20300107", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:weekly")
    moved = event(
        "UID:1", "RECURRENCE-ID;VALUE=DATE:20300114", "DTSTART;VALUE=DATE:20300116", "SUMMARY:moved"
    )

    assert read(weekly, moved) == ["2030-01-07 – 2030-01-07 weekly", "2030-01-16 – 2030-01-16 moved"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["SUMMARY:x"], "it has no DTSTART"),
        (["DTSTART:20300105T090000", "DTSTART:20300106T090000", "SUMMARY:x"], "it has several DTSTART"),
        (["DTSTART;TZID=Nowhere:20300105T090000", "SUMMARY:x"], "the time zone Nowhere is unknown"),
        (["DTSTART;VALUE=DATE:20300105", "RRULE:FREQ=SECONDLY", "SUMMARY:x"], "SECONDLY is not supported"),
        (
            ["DTSTART;VALUE=DATE:20300105", "RDATE;VALUE=PERIOD:20300105T090000Z/PT2H", "SUMMARY:x"],
            "periods are not supported",
        ),
        (["DTSTART;VALUE=DATE:20300105", "DTEND;VALUE=DATE:20300104", "SUMMARY:x"], "it ends before"),
        (["DTSTART;VALUE=DATE:99991231", "SUMMARY:x"], "out of range"),
    ],
)
def test_event_that_cannot_be_read_is_named(lines: list[str], problem: str) -> None:
    with pytest.raises(InvalidCalendarFile, match=rf'^The event "x" cannot be read: .*{problem}'):
        read(event(*lines))


DAILY = event("DTSTART;VALUE=DATE:20300105", "RRULE:FREQ=DAILY")
COSTLY_ZONE = "\r\n".join(
    [
        *("BEGIN:VTIMEZONE", "TZID:Mine", "BEGIN:STANDARD", "DTSTART:16010101T000000"),
        *("RRULE:FREQ=SECONDLY", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:STANDARD", "END:VTIMEZONE"),
    ]
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "This is no iCalendar file"),
        ("<html>", "This is no iCalendar file"),
        (event("DTSTART;VALUE=DATE:20300105"), "it has no VCALENDAR"),
        (file_of(), "The file has no events."),
        (file_of() + file_of(), "This is no iCalendar file"),
        ("x" * 262_145, "The file may have 262144 characters."),
        (file_of(DAILY), "A calendar may have 50 entries."),
        (file_of(COSTLY_ZONE, event("DTSTART;TZID=Mine:20300105T090000")), "the time zone Mine is unknown"),
        (file_of(event("DTSTART;TZID=Europe:20300105T090000")), "^A time zone of the file is unknown.$"),
        (file_of(COSTLY_ZONE.replace("BEGIN:VTIM", "BEGIN;A=B:VTIM")), "A time zone of the file"),
        ("BEGIN:VEVENT\r\n" * 5000, "This is no iCalendar file"),
    ],
    ids=lambda part: part[:30],
)
def test_file_that_cannot_be_used_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidCalendarFile, match=problem):
        read_calendar(text, UTC, TODAY, most=50)


def test_own_zones_of_a_file_are_known_by_their_names() -> None:
    berlin = COSTLY_ZONE.replace("TZID:Mine", "TZID:Europe/Berlin")
    found, left_out = read_calendar(
        file_of(berlin, event("DTSTART;TZID=Europe/Berlin:20300105T090000", "DURATION:PT1H")),
        UTC,
        TODAY,
        most=50,
    )

    assert (found, left_out) == (
        [Found(date(2030, 1, 5), time(8), date(2030, 1, 5), time(9), "Without a name")],
        0,
    )
