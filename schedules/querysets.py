from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from schedules.models import Schedule


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def due(self, now: datetime) -> "ScheduleQuerySet":
        """Those with an occurrence at or before `now` that nobody has recorded yet, the oldest first."""
        return self.filter(_ARMED, next_run__lte=now).order_by("next_run", "id")

    def claim(self, limit: int) -> list["Schedule"]:
        """The first of these that nobody else has locked, locked and with all that they answer to prompts.

        A constant number of statements; one where all of them are plain (`Schedule.is_plain`). Of these no more is
        read than a tick needs.
        """
        due = self.only(*_OF_PLAIN_ONES).annotate(is_more=self._is_more())
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        others = self.model._default_manager.with_answers().in_bulk(
            [row.id for row in rows if not row.is_plain]
        )
        return [others.get(row.id, row) for row in rows]

    def _is_more(self) -> Q:
        """The condition that a schedule is not plain."""
        more = ~Q(prompts={}) | ~Q(run_policy={}) | ~Q(secret_variables=[])
        more |= Q(inventory__isnull=False) | Q(execution_environment__isnull=False)
        for relation in ("credentials", "labels", "instance_groups", "calendars"):
            field: Any = self.model._meta.get_field(relation)
            more |= Q(Exists(field.remote_field.through.objects.filter(schedule=OuterRef("pk"))))
        return more

    def with_answers(self) -> "ScheduleQuerySet":
        """With all that they answer to prompts, in a constant number of statements."""
        return self.select_related("inventory", "execution_environment").prefetch_related(*_LISTS)

    def due_between(self, start: datetime, end: datetime) -> "ScheduleQuerySet":
        """Those whose next occurrence lies in (start, end]."""
        return self.filter(_ARMED, next_run__gt=start, next_run__lte=end)


_LISTS = ("credentials__credential_type", "labels", "group_places__instance_group")

_OF_PLAIN_ONES = (
    *(
        "name",
        "unified_job_template",
        "rrule",
        "dtstart",
        "next_run",
        "extra_data",
        "identity",
        "jitter_seconds",
    ),
    *("dst_gap", "dst_overlap", "overlap_policy", "overlap_limit", "paused_until", "pause_note"),
    *("missed_policy", "missed_limit", "starting_deadline_seconds"),
)

# The condition of the partial index `schedule_due`.
_ARMED = Q(enabled=True, next_run__isnull=False)
