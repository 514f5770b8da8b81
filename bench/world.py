"""What benches store: templates of several organizations; their schedules, runs and notifications by the million."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from access.models import Organization
from bench.loading import load
from jobs.models import JobTemplate, Project, RunText, UnifiedJob
from jobs.statuses import LaunchType, TemplateKind
from notifications.models import Notification, NotificationTemplate
from schedules.models import Schedule, ScheduleText

ORGANIZATIONS = 10
PROJECTS = 100
TEMPLATES = 200
# The first minute at which some are due: a Saturday, the 21st.
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
# Each has occurrences at the minute of its DTSTART on every 21st, and none again within half an hour.
RULES = (
    *(f"FREQ=MINUTELY;INTERVAL={interval}" for interval in (30, 60)),
    *(f"FREQ=HOURLY;INTERVAL={interval}" for interval in (1, 2, 3, 4, 6, 8, 12, 24)),
    *(f"FREQ=DAILY;INTERVAL=1{days}" for days in ("", ";BYDAY=SA", ";BYDAY=SA,SU", ";BYMONTHDAY=7,14,21,28")),
    *(
        f"FREQ=WEEKLY;INTERVAL=1{days}"
        for days in (";BYDAY=SA", ";BYDAY=TU,TH,SA", ";BYDAY=MO,TU,WE,TH,FR,SA")
    ),
    *(f"FREQ=MONTHLY;INTERVAL=1{days}" for days in (";BYMONTHDAY=21", ";BYDAY=SA;BYSETPOS=3", ";BYDAY=+3SA")),
    *(
        f"FREQ=YEARLY;INTERVAL=1{days}"
        for days in (";BYMONTH=5,8,11;BYMONTHDAY=21", ";BYMONTH=11;BYDAY=+3SA")
    ),
)
ZONES = tuple(
    map(ZoneInfo, ("UTC", "America/New_York", "Europe/London", "Europe/Berlin", "America/Los_Angeles"))
)
OLDEST = 6 * 365
YEARS_OF_MINUTES = 25 * 365 * 24 * 60


def make_templates() -> list[JobTemplate]:
    organizations = [Organization.objects.create(name=f"Organization {n}") for n in range(ORGANIZATIONS)]
    projects = [
        Project.objects.create(
            kind=TemplateKind.PROJECT,
            name=f"Project {n}",
            organization=organizations[n % ORGANIZATIONS],
            scm_url=f"https://service-{n}.example.com/",
        )
        for n in range(PROJECTS)
    ]
    return [
        JobTemplate.objects.create(
            kind=TemplateKind.JOB_TEMPLATE,
            name=f"Template {n}",
            project=projects[n % PROJECTS],
            organization=organizations[n % ORGANIZATIONS],
            endpoint="jobs/reports",
            ask_variables_on_launch=True,
        )
        for n in range(TEMPLATES)
    ]


def load_schedules(templates: list[JobTemplate], due: Mapping[int, int], *, first: int, last: int) -> None:
    """Store the schedules with the ids from `first` to `last`.

    `due` says how many of them are due in which minute after NOON. They lie anywhere among the others, which are due
    within the month after the next hour. Nearly every rule is a text of its own; each schedule has
    a parameter of its own, which is why there are so many of one template.
    """
    rng = random.Random(first)  # noqa: S311 (the same rows in each run)
    minutes = [minute for minute, number in due.items() for _ in range(number)]
    chosen = dict(zip(rng.sample(range(first, last + 1), len(minutes)), minutes, strict=True))
    rows = _rows(templates, chosen, range(first, last + 1), rng)
    load(Schedule(rrule="", name=""), rows, texts=ScheduleText)


def load_runs(templates: list[JobTemplate], *, first: int, last: int) -> None:
    """Store the runs with the ids from `first` to `last`, one a minute until NOON, most of which succeeded."""
    rng = random.Random(first)  # noqa: S311
    load(
        UnifiedJob(
            launch_type=LaunchType.SCHEDULED, attempts_made=1, elapsed=1, created=NOON, available_at=NOON
        ),
        _rows_of_runs(templates, range(first, last + 1), rng),
        texts=RunText,
    )


def load_notifications(template: NotificationTemplate, *, first: int, last: int) -> None:
    """Store what the template has told of the runs with the ids from `first` to `last`."""
    load(
        Notification(
            notification_template=template,
            notification_type=template.notification_type,
            status=Notification.Status.SUCCESSFUL,
            notifications_sent=1,
        ),
        ({"id": number, "job_id": number} for number in range(first, last + 1)),
    )


def _rows_of_runs(templates: list[JobTemplate], ids: range, rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in ids:
        template = rng.choice(templates)
        created = NOON - timedelta(minutes=YEARS_OF_MINUTES - number)
        [status] = rng.choices(("successful", "failed", "error", "canceled"), (90, 8, 1, 1))
        yield {
            "id": number,
            "name": template.name,
            "unified_job_template_id": template.pk,
            "organization_id": template.organization_id,
            "run_id": f"{rng.getrandbits(128):032x}",
            "status": status,
            "failure_reason": "http_status" if status == "failed" else "",
            "scheduled_for": created,
            "created": created,
            "started": created,
            "finished": created + timedelta(seconds=rng.randrange(1, 60)),
        }


def _rows(
    templates: list[JobTemplate], due: Mapping[int, int], ids: range, rng: random.Random
) -> Iterator[dict[str, Any]]:
    for number in ids:
        minute = due.get(number)
        wait = rng.randrange(120, 30 * 24 * 60) if minute is None else minute
        at = NOON + timedelta(minutes=wait)
        zone = rng.choice(ZONES)
        began = (at - timedelta(days=rng.randrange(1, OLDEST))).replace(tzinfo=zone)
        local = at.astimezone(zone)
        yield {
            "id": number,
            "name": f"Schedule {number}",
            "extra_data": f'{{"customer": {number}}}',
            "unified_job_template_id": rng.choice(templates).pk,
            "identity": f"{rng.getrandbits(128):032x}",
            "rrule": f"DTSTART;TZID={zone.key}:{began:%Y%m%d}T{local:%H%M}00 RRULE:{rng.choice(RULES)}",
            "dtstart": began,
            "next_run": at,
        }
