from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from access.models import Organization
from jobs.models import InventorySource, JobTemplate, Project
from jobs.statuses import TemplateKind
from schedules.calendars import Calendar, CalendarEntry
from schedules.models import Schedule
from schedules.planning import compute_times
from tests.factories.access import make_organization
from workflows.models import WorkflowJobTemplate

HOURLY = "DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"
_numbers = count(1)


def make_template(**values: Any) -> JobTemplate:
    values = {"name": f"Template {next(_numbers)}", "endpoint": "http://127.0.0.1:9/jobs/x"} | values
    return JobTemplate.objects.create(kind=TemplateKind.JOB_TEMPLATE, **values)


def make_schedule(
    rrule: str = HOURLY,
    *,
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC),
    template: JobTemplate | Project | InventorySource | WorkflowJobTemplate | None = None,
    **values: Any,
) -> Schedule:
    """A schedule as it would have been saved at `now`."""
    template = template or make_template()
    values = {"name": f"Schedule {next(_numbers)}"} | values
    schedule = Schedule(unified_job_template=template.template, rrule=rrule, **values)
    compute_times(schedule, now=now)
    schedule.save()
    return schedule


def make_calendar(organization: Organization | None = None, **values: Any) -> Calendar:
    values = {"name": f"Calendar {next(_numbers)}"} | values
    return Calendar.objects.create(organization=organization or make_organization(), **values)


def make_entry(
    calendar: Calendar, first_day: date, last_day: date | None = None, **values: Any
) -> CalendarEntry:
    values = {"name": f"Entry {next(_numbers)}", "last_day": last_day or first_day} | values
    return CalendarEntry.objects.create(calendar=calendar, first_day=first_day, **values)


def exclude(schedule: Schedule, start: datetime, end: datetime, name: str = "closed") -> CalendarEntry:
    """Attach a calendar of its own that excludes the time from `start` until before `end`, of one day, in UTC."""
    calendar = make_calendar(zone="UTC")
    schedule.calendars.add(calendar)
    times = {"from_time": start.time(), "until_time": end.time()}
    assert end - start < timedelta(days=1)
    return make_entry(calendar, start.date(), end.date(), name=name, **times)
