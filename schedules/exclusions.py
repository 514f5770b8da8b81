"""When schedules launch nothing because of their calendars."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from schedules.calendars import Calendar, CalendarEntry
from schedules.decisions import Outcome, Quiet
from schedules.models import Schedule

# The days of an entry are its zone's.
_ZONES_DIFFER_BY = timedelta(days=1)


def exclusions(schedules: Sequence[Schedule], start: datetime, end: datetime) -> dict[int, list[Quiet]]:
    """By schedule's id the excluded times that may meet the span from start to end, in whatever order.

    Two statements, however many schedules; none where there is none, one where none has a calendar.
    """
    near = CalendarEntry.objects.filter(
        first_day__lte=(end + _ZONES_DIFFER_BY).date(), last_day__gte=(start - _ZONES_DIFFER_BY).date()
    )
    calendars = Prefetch(
        "calendars", queryset=Calendar.objects.order_by("name", "id"), to_attr="own_calendars"
    )
    entries = Prefetch("own_calendars__entries", queryset=near, to_attr="entries_near")
    prefetch_related_objects(schedules, calendars, entries)
    return {schedule.id: [_quiet(entry) for entry in _entries(schedule)] for schedule in schedules}


def _entries(schedule: Schedule) -> list[CalendarEntry]:
    calendars: list[Any] = schedule.__dict__.get("own_calendars", [])
    return [entry for calendar in calendars for entry in calendar.entries_near]


def _quiet(entry: CalendarEntry) -> Quiet:
    start, end = entry.bounds
    return Quiet(
        start, end, Outcome.EXCLUDED, f'Excluded by the calendar "{entry.calendar.name}": {entry.name}'
    )
