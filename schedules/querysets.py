from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, prefetch_related_objects

if TYPE_CHECKING:
    from schedules.models import Schedule


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def due(self, now: datetime) -> "ScheduleQuerySet":
        """Those with an occurrence at or before `now` that nobody has recorded yet, the oldest first."""
        return self.filter(_ARMED, next_run__lte=now).order_by("next_run", "id")

    def claim(self, limit: int) -> list["Schedule"]:
        """The first of these that nobody else has locked, locked and with all that they answer to prompts.

        A constant number of statements; one where none of them has anything in a table of its own.
        """
        linked = Q()
        for relation in ("credentials", "labels", "instance_groups", "calendars"):
            field: Any = self.model._meta.get_field(relation)
            linked |= Q(Exists(field.remote_field.through.objects.filter(schedule=OuterRef("pk"))))
        due = self.defer(*_NOT_READ_BY_TICKS).annotate(has_links=linked)
        rows = due.select_for_update(skip_locked=True, of=("self",))[:limit]
        answering = [row for row in rows if row.is_linked or row.inventory_id or row.execution_environment_id]
        prefetch_related_objects(answering, "inventory", "execution_environment", *_LISTS)
        return list(rows)

    def with_answers(self) -> "ScheduleQuerySet":
        """With all that they answer to prompts, in a constant number of statements."""
        return self.select_related("inventory", "execution_environment").prefetch_related(*_LISTS)

    def due_between(self, start: datetime, end: datetime) -> "ScheduleQuerySet":
        """Those whose next occurrence lies in (start, end]."""
        return self.filter(_ARMED, next_run__gt=start, next_run__lte=end)


_LISTS = ("credentials__credential_type", "labels", "group_places__instance_group")

_NOT_READ_BY_TICKS = (
    *("created", "created_by", "modified", "modified_by", "description"),
    *("dtend", "quarantine_reason"),
)

# The condition of the partial index `schedule_due`.
_ARMED = Q(enabled=True, next_run__isnull=False)
