from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from schedules.models import Schedule  # noqa: F401


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def due(self, now: datetime) -> "ScheduleQuerySet":
        """Those with an occurrence at or before `now` that nobody has recorded yet, the oldest first."""
        return self.filter(_ARMED, next_run__lte=now).order_by("next_run", "id")

    def with_answers(self) -> "ScheduleQuerySet":
        """With all that they answer to prompts, in a constant number of statements."""
        return self.select_related("inventory", "execution_environment").prefetch_related(
            "credentials__credential_type", "labels", "group_places__instance_group"
        )

    def due_between(self, start: datetime, end: datetime) -> "ScheduleQuerySet":
        """Those whose next occurrence lies in (start, end]."""
        return self.filter(_ARMED, next_run__gt=start, next_run__lte=end)


# The condition of the partial index `schedule_due`.
_ARMED = Q(enabled=True, next_run__isnull=False)
