"""What an audit of templates goes by of their schedules."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from time import monotonic

from django.db import connection

from access.models import User
from jobs.audit.facts import Known, ScheduleFacts
from jobs.models import UnifiedJobTemplate
from schedules.exceptions import InvalidRule
from schedules.models import Schedule

# Of each template: those that are due next, and some that will launch nothing.
ARMED, UNARMED = 10, 50
# Between so many of its next occurrences the shortest interval is looked for.
OCCURRENCES = 8
# There are rules that take some 40 ms; thousands of them are not waited for.
MOST_SECONDS = 5.0

_CHOOSE = f"""
SELECT chosen.id FROM unnest(%s::bigint[]) AS template (id), LATERAL (
    (SELECT id FROM schedules_schedule
     WHERE unified_job_template_id = template.id AND next_run IS NOT NULL
     ORDER BY next_run LIMIT {ARMED})
    UNION ALL
    (SELECT id FROM schedules_schedule
     WHERE unified_job_template_id = template.id AND next_run IS NULL
     LIMIT {UNARMED})
) AS chosen
"""  # noqa: S608 (only our own words are put in)

# What a rule and its clock are made of, and what is said of overlaps and runs.
_READ = (
    *("unified_job_template_id", "rrule", "dtstart", "next_run", "dst_gap", "dst_overlap"),
    *("quarantine_reason", "overlap_policy", "overlap_limit", "run_policy"),
)


def known_of_schedules(
    templates: Sequence[UnifiedJobTemplate], _user: User, now: datetime
) -> dict[int, Known]:
    """Whoever may read a template may read its schedules."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE, [[template.pk for template in templates]])
        chosen = [pk for (pk,) in cursor.fetchall()]
    found: dict[int, list[ScheduleFacts]] = {template.pk: [] for template in templates}
    stop_at = monotonic() + MOST_SECONDS
    for row in Schedule.objects.filter(pk__in=chosen).only(*_READ).order_by("pk"):
        found[row.unified_job_template_id].append(_facts(row, now, is_asked=monotonic() < stop_at))
    return {pk: {"schedules": tuple(schedules)} for pk, schedules in found.items()}


def _facts(schedule: Schedule, now: datetime, *, is_asked: bool) -> ScheduleFacts:
    has_next_run = schedule.next_run is not None
    return ScheduleFacts(
        id=schedule.pk,
        has_next_run=has_next_run,
        is_quarantined=bool(schedule.quarantine_reason),
        is_asked=is_asked,
        interval=_interval(schedule, now) if has_next_run and is_asked else None,
        overlap_policy=schedule.overlap_policy,
        overlap_limit=schedule.overlap_limit,
        run_policy=schedule.run_policy,
    )


def _interval(schedule: Schedule, now: datetime) -> float | None:
    """Seconds; None also for a rule that cannot be asked, which the next tick will put aside."""
    try:
        times = schedule.recurrence_from(now).upcoming(now, OCCURRENCES)
    except InvalidRule:
        return None
    instants = [time.timestamp() for time in times]
    return min((later - sooner for sooner, later in pairwise(instants)), default=None)
