from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from schedules.models import Schedule


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def claim_due(self, now: datetime, limit: int) -> list["Schedule"]:
        """Those with an occurrence at or before `now` that nobody has recorded yet, the oldest first: so many that
        nobody else has locked, locked and with all that they answer to prompts.

        A constant number of statements; one where all of them are plain (`Schedule.is_plain`). Of these no more is
        read than a tick needs.
        """
        rows = list(self.raw(_CLAIM, [now, limit]))
        more = self.with_answers().in_bulk([row.id for row in rows if not row.is_plain])
        return [more.get(row.id, row) for row in rows]

    def with_answers(self) -> "ScheduleQuerySet":
        """With all that they answer to prompts, in a constant number of statements."""
        return self.select_related("inventory", "execution_environment").prefetch_related(*_LISTS)

    def due(self, now: datetime) -> "ScheduleQuerySet":
        """Those with an occurrence at or before `now` that nobody has recorded yet."""
        return self.filter(_ARMED, next_run__lte=now)

    def due_between(self, start: datetime, end: datetime) -> "ScheduleQuerySet":
        """Those whose next occurrence lies in (start, end]."""
        return self.filter(_ARMED, next_run__gt=start, next_run__lte=end)


_LISTS = ("credentials__credential_type", "labels", "group_places__instance_group")

_CLAIM = """
SELECT id, name, unified_job_template_id, rrule, dtstart, next_run, extra_data, identity, jitter_seconds, dst_gap,
    dst_overlap, overlap_policy, overlap_limit, missed_policy, missed_limit, starting_deadline_seconds, paused_until,
    pause_note,
    prompts <> '{}' OR run_policy <> '{}' OR secret_variables <> '[]'
        OR inventory_id IS NOT NULL OR execution_environment_id IS NOT NULL
        OR EXISTS (SELECT FROM schedules_schedule_credentials AS linked WHERE linked.schedule_id = schedule.id)
        OR EXISTS (SELECT FROM schedules_schedule_labels AS linked WHERE linked.schedule_id = schedule.id)
        OR EXISTS (SELECT FROM schedules_schedulegroup AS linked WHERE linked.schedule_id = schedule.id)
        OR EXISTS (SELECT FROM schedules_schedule_calendars AS linked WHERE linked.schedule_id = schedule.id)
    AS is_more
FROM schedules_schedule AS schedule
WHERE enabled AND next_run IS NOT NULL AND next_run <= %s
ORDER BY next_run, id
LIMIT %s
FOR UPDATE OF schedule SKIP LOCKED
"""

# Those that are not enabled have no next run; an operator's own UPDATE may leave them one.
_ARMED = Q(enabled=True, next_run__isnull=False)
