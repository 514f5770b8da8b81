"""Schedules and the ledger of their occurrences."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.base import ModelState

from access.indexes import indexes_where_set
from access.models import CommonModel, User
from api.text_index import grams_index
from api.variables import InvalidVariables, parse_variables
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Inventory
from jobs.models import Label, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import OverlapPolicy
from schedules.backfills import Backfill, BackfillPlace
from schedules.calendars import Calendar, CalendarEntry
from schedules.early_start import with_early_start
from schedules.jitter import LONGEST_WINDOW, slot
from schedules.querysets import ScheduleQuerySet
from schedules.recurrence import ClockPolicy, Gap, Overlap, RecurrenceSet, load

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

# Django looks for models here.
__all__ = [
    "Backfill",
    "BackfillPlace",
    "Calendar",
    "CalendarEntry",
    "Occurrence",
    "Schedule",
    "ScheduleGroup",
    "ScheduleText",
]


class Schedule(CommonModel):
    """A recurrence rule bound to a unified job template, with the answers to the template's prompts."""

    class MissedPolicy(models.TextChoices):
        LATEST = "latest", "Launch once, for the latest time missed"
        SKIP = "skip", "Launch nothing for times missed"
        ALL = "all", "Launch once for each time missed, up to a limit"

    class DstGap(models.TextChoices):
        SKIP = Gap.SKIP, "Not launched"
        SHIFT = Gap.SHIFT, "Launched as much later as the clock was put forward"

    class DstOverlap(models.TextChoices):
        FIRST = Overlap.FIRST, "Launched the first time"
        LAST = Overlap.LAST, "Launched the last time"
        BOTH = Overlap.BOTH, "Launched both times"

    # Every tick writes each index of this table anew: few have them for themselves (Meta.indexes).
    created_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    modified_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, on_delete=models.CASCADE, related_name="schedules", db_index=False
    )
    enabled = models.BooleanField(default=True)
    rrule = models.TextField()
    # As it was sent: a mapping, or the text of one.
    extra_data = models.JSONField(blank=True, default=dict)
    # The names of those of `extra_data` that are encrypted: answers to password questions.
    secret_variables = models.JSONField(default=list, editable=False)
    # Answers to the prompts that are plain values (limit, job_type, …); a name that is absent was not answered.
    prompts = models.JSONField(blank=True, default=dict)
    # What its runs have otherwise than the template's run policy, by name.
    run_policy = models.JSONField(blank=True, default=dict)
    inventory = models.ForeignKey(
        Inventory, null=True, blank=True, on_delete=models.SET_NULL, related_name="schedules", db_index=False
    )
    execution_environment = models.ForeignKey(
        ExecutionEnvironment,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="schedules",
        db_index=False,
    )
    credentials = models.ManyToManyField(Credential, blank=True, related_name="schedules")
    labels = models.ManyToManyField(Label, blank=True, related_name="schedules")
    instance_groups = models.ManyToManyField(
        InstanceGroup, through="ScheduleGroup", blank=True, related_name="schedules"
    )

    # Where these are empty the template's hold.
    overlap_policy = models.CharField(max_length=8, choices=OverlapPolicy.choices, blank=True, default="")
    overlap_limit = models.PositiveIntegerField(null=True, blank=True)

    missed_policy = models.CharField(max_length=20, choices=MissedPolicy.choices, default=MissedPolicy.LATEST)
    missed_limit = models.PositiveIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    starting_deadline_seconds = models.PositiveIntegerField(
        null=True, blank=True, default=None, validators=[MinValueValidator(1)]
    )
    paused_until = models.DateTimeField(null=True, blank=True, default=None)
    pause_note = models.CharField(max_length=512, blank=True, default="")

    calendars = models.ManyToManyField(Calendar, blank=True, related_name="schedules")

    dst_gap = models.CharField(max_length=8, choices=DstGap.choices, default=DstGap.SKIP)
    dst_overlap = models.CharField(max_length=8, choices=DstOverlap.choices, default=DstOverlap.FIRST)
    jitter_seconds = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(LONGEST_WINDOW)])
    # Never changed and never copied; the slot in the window follows from it.
    identity = models.UUIDField(default=uuid4, db_default=RandomUUID(), editable=False)

    # Computed by schedules.recurrence whenever the rule or its policy changes, in UTC.
    dtstart = models.DateTimeField(null=True, editable=False)
    dtend = models.DateTimeField(null=True, editable=False)
    # When it launches next: its next occurrence and its slot. Null when there is none left or the schedule is
    # disabled or quarantined.
    next_run = models.DateTimeField(null=True, editable=False)
    # Why the poller took it out of service; empty while it is in order.
    quarantine_reason = models.TextField(blank=True, default="", editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        # Those of names and times of changes are the texts' (ScheduleText).
        indexes: ClassVar = [
            # Read by every poll, by the planning of wake-ups, and by lists.
            models.Index(fields=["next_run", "id"], name="schedule_by_next_run"),
            # Read by lists of templates, and counted by those of who may read some templates.
            models.Index(
                fields=["unified_job_template", "next_run"], include=["enabled"], name="schedule_of_template"
            ),
            # Read where the other object is deleted, which most schedules do not have.
            *indexes_where_set(
                {
                    "created_by": "schedule_by_creator",
                    "modified_by": "schedule_by_modifier",
                    "inventory": "schedule_by_inventory",
                    "execution_environment": "schedule_by_environment",
                }
            ),
        ]

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are of a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        """As Django's, but without `__init__`, which is slow: a tick reads thousands."""
        state = ModelState()
        state.adding, state.db = False, db
        schedule = cls.__new__(cls)
        schedule.__dict__.update(zip(field_names, values, strict=True), _state=state)
        return schedule

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As Django's, with the constraint that its texts have for it. Raises ValidationError."""
        super().validate_constraints(exclude)
        namesakes = ScheduleText.objects.filter(
            unified_job_template=self.unified_job_template_id, name=self.name
        )
        if namesakes.exclude(schedule=self.pk).exists():
            raise self.unique_error_message(Schedule, ("unified_job_template", "name"))

    @property
    def recurrence(self) -> RecurrenceSet:
        """Its rule, with its policy for changes of the clock. Raises recurrence.InvalidRule."""
        return load(self.rrule, self._clock)

    @property
    def recurrence_since_start(self) -> RecurrenceSet:
        """For questions about times since its first occurrence: one that it may share with other schedules."""
        return load(with_early_start(self.rrule), self._clock)

    def recurrence_from(self, instant: datetime) -> RecurrenceSet:
        """For questions about times from `instant` on; shared with other schedules where it can be."""
        has_begun = self.dtstart is not None and self.dtstart <= instant
        return self.recurrence_since_start if has_begun else self.recurrence

    @property
    def _clock(self) -> ClockPolicy:
        return _clock_policy(self.dst_gap, self.dst_overlap)

    @property
    def slot(self) -> timedelta:
        """How long after each occurrence it launches."""
        return timedelta(seconds=slot(self.identity, self.jitter_seconds))

    @property
    def next_occurrence(self) -> datetime | None:
        """The occurrence that `next_run` is the launch of."""
        return None if self.next_run is None else self.next_run - self.slot

    def launch_of(self, occurrence: datetime | None) -> datetime | None:
        """When an occurrence is launched."""
        if occurrence is None or not self.jitter_seconds:
            return occurrence
        return occurrence + min(self.slot, _END_OF_TIME - occurrence)

    @property
    def is_plain(self) -> bool:
        """Whether it is known to answer nothing but parameters, none of them secret, and to have no calendars: a claim
        (querysets.py) has asked.
        """
        return self.__dict__.get("is_more") is False

    @property
    def variables(self) -> dict[str, Any]:
        """`extra_data` as a mapping; a text that holds none is kept and means nothing (AWX's way)."""
        if isinstance(self.extra_data, dict):
            return self.extra_data
        try:
            return parse_variables(self.extra_data or {})
        except InvalidVariables:
            return {}

    def secret_holders(self) -> list[tuple[dict[str, Any], list[str]]]:
        """Where its secrets are stored, and their names there (jobs/rotation.py)."""
        return [(self.extra_data, self.secret_variables)] if self.secret_variables else []

    @property
    def answers(self) -> dict[str, Any]:
        """All that it answers to prompts, by name: values, objects and lists of objects; the parameters apart."""
        if not self.id:
            return self.own_answers
        lists = {
            "credentials": list(self.credentials.all()),
            "labels": list(self.labels.all()),
            "instance_groups": [place.instance_group for place in self.group_places.all()],
        }
        return self.own_answers | {name: rows for name, rows in lists.items() if rows}

    @property
    def own_answers(self) -> dict[str, Any]:
        """Those of `answers` that are in its own row."""
        answers = dict(self.prompts)
        if self.inventory_id is not None:
            answers["inventory"] = self.inventory
        if self.execution_environment_id is not None:
            answers["execution_environment"] = self.execution_environment
        return answers


@cache
def _clock_policy(gap: str, overlap: str) -> ClockPolicy:
    return ClockPolicy(Gap(gap), Overlap(overlap))


class ScheduleText(models.Model):
    """What of a schedule no tick changes, and lists are searched, ordered and counted by (api/text_index.py).

    An index of this table costs a tick nothing; each one of schedules is written with every launch. Triggers keep it
    (schedules/migrations): a row comes, changes and goes with its schedule's.
    """

    schedule = models.OneToOneField(
        Schedule, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="text"
    )
    # Most may read the schedules of some templates only.
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=512)
    description = models.TextField()
    created = models.DateTimeField()
    modified = models.DateTimeField()
    enabled = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unified_job_template", "name"],
                include=["created", "enabled"],
                name="schedule_text_name_unique",
            ),
        ]
        indexes: ClassVar = [
            grams_index("schedule_text_grams"),
            grams_index("schedule_template_grams", owner="unified_job_template"),
            models.Index(fields=["name", "schedule"], name="schedule_text_by_name"),
            models.Index(fields=["created", "schedule"], name="schedule_text_by_created"),
            models.Index(fields=["modified", "schedule"], name="schedule_text_by_modified"),
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleGroup(models.Model):
    """An instance group of a schedule's runs; which was attached first is asked first."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="group_places")
    instance_group = models.ForeignKey(
        InstanceGroup, on_delete=models.CASCADE, related_name="schedule_places"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "instance_group"], name="schedule_group_once"),
        ]

    def __str__(self) -> str:
        return f"group {self.instance_group_id} of schedule {self.schedule_id}"


class Occurrence(models.Model):
    """One due instant of a schedule and what became of it. The row is the launch's guard: it can be written once."""

    class Outcome(models.TextChoices):
        LAUNCHED = "launched", "Launched"
        COALESCED = "coalesced", "Coalesced into a later launch"
        SKIPPED = "skipped", "Missed and skipped"
        OVERLAP = "overlap", "Skipped because another run was still going"
        TOO_LATE = "too_late", "Later than the starting deadline"
        PAUSED = "paused", "Paused"
        EXCLUDED = "excluded", "Excluded by a calendar"
        HELD = "held", "Held back by the service's circuit breaker"
        QUARANTINED = "quarantined", "Quarantined"

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="occurrences", db_index=False
    )
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
