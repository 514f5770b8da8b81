"""Backfills: launching the occurrences of a range that is past, once more or at last."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from access.models import User
from jobs.models import UnifiedJob

MOST_OCCURRENCES = 1_000
MOST_AT_ONCE = 100


class Backfill(models.Model):
    """Occurrences from `start` until before `end`, launched in order, `max_concurrency` at a time.

    What is launched was decided when it began and is in its places: an edit of the rule does not change it. Their
    runs are made from the schedule as it is when they are launched.
    """

    class AlreadyRun(models.TextChoices):
        NONE = "none", "None of those already run"
        FAILED = "failed", "Those already run that failed"
        ALL = "all", "All, whether they ran or not"

    class Order(models.TextChoices):
        FORWARD = "forward", "The oldest first"
        BACKWARD = "backward", "The latest first"

    class Status(models.TextChoices):
        RUNNING = "running"
        SUCCESSFUL = "successful", "All were launched and have ended"
        ERROR = "error", "The schedule could not be launched"
        CANCELED = "canceled"

    schedule = models.ForeignKey("schedules.Schedule", on_delete=models.CASCADE, related_name="backfills")
    start = models.DateTimeField()
    end = models.DateTimeField()
    already_run = models.CharField(max_length=8, choices=AlreadyRun.choices, default=AlreadyRun.NONE)
    order = models.CharField(max_length=8, choices=Order.choices, default=Order.FORWARD)
    max_concurrency = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_ONCE)]
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.RUNNING, editable=False)
    explanation = models.TextField(blank=True, default="", editable=False)
    # How many places it has, and how many of them, from the first, have been launched.
    total = models.PositiveIntegerField(default=0, editable=False)
    launched = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(launched__lte=F("total")), name="backfill_launched_of_total"),
        ]
        indexes: ClassVar = [
            # Read by every poll.
            models.Index(fields=["id"], condition=Q(status="running"), name="backfill_running"),
        ]

    def __str__(self) -> str:
        return f"Backfill {self.pk} of schedule {self.schedule_id}"


class BackfillPlace(models.Model):
    """One occurrence of a backfill, and its run once that was launched."""

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveIntegerField()
    scheduled_for = models.DateTimeField()
    job = models.OneToOneField(
        UnifiedJob, null=True, on_delete=models.SET_NULL, related_name="backfill_place"
    )

    class Meta:
        ordering = ["backfill_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["backfill", "position"], name="backfill_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scheduled_for:%Y-%m-%dT%H:%M:%SZ} of backfill {self.backfill_id}"
