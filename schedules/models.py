"""Schedules and the ledger of their occurrences."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from access.models import CommonModel
from jobs.models import UnifiedJob, UnifiedJobTemplate
from schedules.querysets import ScheduleQuerySet


class Schedule(CommonModel):
    """A recurrence rule bound to a unified job template, with the answers to the template's prompts."""

    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, on_delete=models.CASCADE, related_name="schedules"
    )
    enabled = models.BooleanField(default=True)
    rrule = models.TextField()
    extra_data = models.JSONField(blank=True, default=dict)
    # Answers to AWX's other prompts (limit, job_type, timeout, …); a name that is absent was not answered.
    prompts = models.JSONField(blank=True, default=dict)

    # Computed from `rrule` by schedules.recurrence whenever it changes, in UTC.
    dtstart = models.DateTimeField(null=True, editable=False)
    dtend = models.DateTimeField(null=True, editable=False)
    # The next occurrence; null when there is none left or the schedule is disabled or quarantined.
    next_run = models.DateTimeField(null=True, editable=False)
    # Why the poller took it out of service; empty while it is in order.
    quarantine_reason = models.TextField(blank=True, default="", editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unified_job_template", "name"], name="schedule_name_unique"),
        ]
        indexes: ClassVar = [
            # Read by every poll and by the planning of wake-ups.
            models.Index(
                fields=["next_run", "id"],
                condition=Q(enabled=True, next_run__isnull=False),
                name="schedule_due",
            ),
            models.Index(fields=["name", "id"], name="schedule_by_name"),
            models.Index(fields=["next_run", "id"], name="schedule_by_next_run"),
        ]


class Occurrence(models.Model):
    """One due instant of a schedule and what became of it. The row is the launch's guard: it can be written once."""

    class Outcome(models.TextChoices):
        LAUNCHED = "launched"
        COALESCED = "coalesced"
        QUARANTINED = "quarantined"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="occurrences")
    scheduled_for = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    reason = models.TextField(blank=True, default="")
    job = models.OneToOneField(UnifiedJob, null=True, on_delete=models.SET_NULL, related_name="occurrence")
    # Where many instants were missed at once one row stands for all up to this one.
    through = models.DateTimeField(null=True)
    recorded = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["schedule_id", "scheduled_for"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "scheduled_for"], name="occurrence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scheduled_for:%Y-%m-%dT%H:%M:%SZ} of schedule {self.schedule_id}: {self.outcome}"
