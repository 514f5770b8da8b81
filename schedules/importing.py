"""Filling a calendar from a file: what an earlier file put there goes, what was entered by hand stays."""

from datetime import UTC, datetime

from django.db import transaction

from schedules import zones
from schedules.calendar_files import read_calendar
from schedules.calendars import MOST_ENTRIES, Calendar, CalendarEntry


def import_entries(calendar: Calendar, text: str, *, now: datetime) -> tuple[int, int]:
    """How many entries there are of the file now, and how many of its events stand for none.

    All or nothing. Raises InvalidCalendarFile.
    """
    with transaction.atomic():
        calendar = Calendar.objects.select_for_update().get(pk=calendar.pk)
        own = calendar.entries.filter(imported=False).count()
        zone = zones.find(calendar.zone) or UTC
        found, left_out = read_calendar(text, zone, now.date(), most=MOST_ENTRIES - own)
        calendar.entries.filter(imported=True).delete()
        CalendarEntry.objects.bulk_create(
            CalendarEntry(
                calendar=calendar,
                name=each.name,
                first_day=each.first_day,
                from_time=each.from_time,
                last_day=each.last_day,
                until_time=each.until_time,
                imported=True,
            )
            for each in found
        )
    return len(found), left_out
