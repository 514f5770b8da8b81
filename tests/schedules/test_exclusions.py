from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schedules.calendars import Calendar, CalendarEntry
from schedules.exclusions import exclusions
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.factories.schedules import make_calendar, make_entry, make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MARCH_DAY, NOVEMBER_DAY = date(2030, 3, 10), date(2030, 11, 3)


@pytest.mark.parametrize(
    ("zone", "first", "last", "times", "bounds"),
    [
        ("UTC", date(2030, 1, 1), date(2030, 1, 1), (), "2030-01-01 00:00 – 2030-01-02 00:00"),
        ("UTC", date(2030, 1, 1), date(2030, 1, 3), (), "2030-01-01 00:00 – 2030-01-04 00:00"),
        ("UTC", date(2030, 1, 1), date(2030, 1, 3), (9, 17), "2030-01-01 09:00 – 2030-01-03 17:00"),
        (
            "Pacific/Kiritimati",
            date(2030, 1, 1),
            date(2030, 1, 1),
            (),
            "2029-12-31 10:00 – 2030-01-01 10:00",
        ),
        ("America/New_York", MARCH_DAY, MARCH_DAY, (), "2030-03-10 05:00 – 2030-03-11 04:00"),
        ("America/New_York", NOVEMBER_DAY, NOVEMBER_DAY, (), "2030-11-03 04:00 – 2030-11-04 05:00"),
        # The hour that comes twice is all inside, and one that never comes has no length.
        ("America/New_York", NOVEMBER_DAY, NOVEMBER_DAY, (1, 2), "2030-11-03 05:00 – 2030-11-03 07:00"),
        ("America/New_York", MARCH_DAY, MARCH_DAY, (2, 3), "2030-03-10 07:00 – 2030-03-10 07:00"),
    ],
)
def test_entry_is_read_in_its_calendars_zone(
    zone: str, first: date, last: date, times: tuple[int, ...], bounds: str
) -> None:
    from_time, until_time = map(time, times) if times else (None, None)
    entry = CalendarEntry(
        calendar=Calendar(zone=zone),
        first_day=first,
        last_day=last,
        from_time=from_time,
        until_time=until_time,
    )

    begin, end = entry.bounds
    assert f"{begin:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}" == bounds


@pytest.mark.django_db
def test_excluded_occurrence_names_calendar_and_entry() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    calendar = make_calendar(name="Holidays", zone="Europe/Berlin")
    make_entry(calendar, MIDNIGHT.date(), name="New Year")
    schedule.calendars.add(calendar)

    tick = launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    occurrence = Occurrence.objects.get()
    assert (tick.launched, occurrence.outcome) == (0, "excluded")
    assert occurrence.reason == 'Excluded by the calendar "Holidays": New Year'
    assert schedule.next_run == MIDNIGHT + HOUR


@pytest.mark.django_db
def test_exclusions_read_only_what_is_near() -> None:
    schedule = make_schedule(now=MIDNIGHT - HOUR)
    calendar = make_calendar(zone="Pacific/Kiritimati")
    for day in range(1, 29):
        make_entry(calendar, date(2030, 1, day))
    schedule.calendars.add(calendar)

    found = exclusions([schedule], datetime(2030, 1, 10, tzinfo=UTC), datetime(2030, 1, 10, tzinfo=UTC))

    assert len(found[schedule.pk]) == 3


@pytest.mark.django_db
def test_tick_costs_the_same_statements_however_many_have_calendars() -> None:
    shared = make_calendar()
    make_entry(shared, date(2031, 1, 1))

    def statements(number: int) -> int:
        template = make_template()
        for _ in range(number):
            schedule = make_schedule(now=MIDNIGHT - HOUR, template=template)
            own = make_calendar()
            make_entry(own, date(2029, 1, 1))
            schedule.calendars.set([shared, own])
        with CaptureQueriesContext(connection) as queries:
            assert launch_due(MIDNIGHT).launched == number
        return len(queries)

    assert statements(12) == statements(1)


@pytest.mark.django_db
def test_a_year_of_excluded_days_is_decided_at_once() -> None:
    minutely = "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"
    schedule = make_schedule(minutely, now=MIDNIGHT - HOUR)
    calendar = make_calendar()
    CalendarEntry.objects.bulk_create(
        CalendarEntry(calendar=calendar, name=str(day), first_day=day, last_day=day)
        for day in (date(2030, 1, 1) + timedelta(days=number) for number in range(365))
    )
    schedule.calendars.add(calendar)

    tick = launch_due(datetime(2030, 12, 31, 23, 59, tzinfo=UTC))

    outcomes = set(Occurrence.objects.values_list("outcome", flat=True))
    assert (tick.launched, outcomes, Occurrence.objects.count()) == (0, {"excluded"}, 100 + 365)
