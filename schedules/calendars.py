"""Calendars: named times, shared by schedules, at which these launch nothing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import cached_property

from access.models import CommonModel, Organization
from schedules import zones

MOST_ENTRIES = 1000
MOST_CALENDARS = 20
# Days on which every zone has a midnight, with room for one more.
DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(9000, 1, 1))]


class Calendar(CommonModel):
    """The entries of one calendar are read in its zone."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="calendars")
    zone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["organization_id", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="calendar_name_unique"),
        ]


class CalendarEntry(CommonModel):
    """From `from_time` of the first day until before `until_time` of the last; without them whole days."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="entries")
    first_day = models.DateField(validators=DAYS)
    last_day = models.DateField(validators=DAYS)
    from_time = models.TimeField(null=True, blank=True)
    until_time = models.TimeField(null=True, blank=True)
    # It came from a file, and goes with the next one.
    imported = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["calendar_id", "first_day", "from_time", "id"]
        verbose_name = "calendar entry"
        verbose_name_plural = "calendar entries"
        indexes: ClassVar = [
            # Read by ticks: what of these calendars is near.
            models.Index(fields=["calendar", "last_day", "first_day"], name="calendar_entry_near"),
        ]

    @cached_property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its first instant and the first after it, in UTC. An hour that comes twice is all inside."""
        until_day = self.last_day if self.until_time else self.last_day + timedelta(days=1)
        return (
            self._instant(self.first_day, self.from_time, fold=0),
            self._instant(until_day, self.until_time, fold=1),
        )

    def _instant(self, day: date, at: time | None, *, fold: int) -> datetime:
        zone = zones.find(self.calendar.zone) or UTC
        return datetime.combine(day, at or time(), tzinfo=zone).replace(fold=fold).astimezone(UTC)
