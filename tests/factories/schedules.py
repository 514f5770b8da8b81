from datetime import UTC, datetime
from itertools import count
from typing import Any

from jobs.models import InventorySource, JobTemplate, Project
from jobs.statuses import TemplateKind
from schedules.models import Schedule
from schedules.planning import compute_times
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
