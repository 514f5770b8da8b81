"""Runs: one table for every kind of unified job, and the attempts that each made."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.base import ModelState
from django.utils import timezone

from access.indexes import indexes_where_set
from access.models import Organization, User
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Host, Inventory
from jobs.models.labels import Label
from jobs.models.services import Service
from jobs.models.templates import UnifiedJobTemplate
from jobs.models.webhooks import Webhooked
from jobs.statuses import (
    ACTIVE,
    FINISHED,
    OF_WORKFLOWS,
    UNSUCCESSFUL,
    JobKind,
    JobType,
    LaunchType,
    Outcome,
    Status,
)

FOR_ENGINE = ~Q(kind__in=[kind.value for kind in OF_WORKFLOWS])


class UnifiedJob(models.Model):
    """One run. It carries all that it needs to be executed: later edits of its template do not touch it."""

    kind = models.CharField(max_length=32, choices=JobKind.choices, default=JobKind.JOB)
    name = models.CharField(max_length=512)
    description = models.TextField(blank=True, default="")
    # Given to the endpoint as `runId` and `Idempotency-Key`; the same in every attempt.
    run_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, null=True, on_delete=models.SET_NULL, related_name="unified_jobs", db_index=False
    )
    labels = models.ManyToManyField(Label, blank=True, related_name="unified_jobs")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    launch_type = models.CharField(max_length=20, choices=LaunchType.choices, default=LaunchType.MANUAL)
    job_type = models.CharField(max_length=64, choices=JobType.choices, default=JobType.RUN)
    # The nominal time of the occurrence that launched it.
    scheduled_for = models.DateTimeField(null=True)
    # When a schedule was to launch it, jitter and all: what it is late by is counted from there.
    due_at = models.DateTimeField(null=True)

    extra_vars = models.JSONField(default=dict)
    # What is sent and what counts as success: jobs.job_templates.request_of says with which keys.
    request = models.JSONField(default=dict)
    # Those of `request["credentials"]` that still exist, for lists and queries. The engine goes by the request: a call
    # must not be made without a credential that is gone.
    credentials = models.ManyToManyField(Credential, related_name="unified_jobs")
    execution_environment = models.ForeignKey(
        ExecutionEnvironment, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # The ids of the instance groups whose instances alone may claim it, the first first; without any, all may.
    preferred_groups = ArrayField(models.BigIntegerField(), default=list)
    # The one of them, or of the claiming instance's own, in which it is carried out.
    instance_group = models.ForeignKey(
        InstanceGroup, null=True, on_delete=models.SET_NULL, related_name="unified_jobs", db_index=False
    )
    inventory = models.ForeignKey(
        Inventory, null=True, on_delete=models.SET_NULL, related_name="unified_jobs", db_index=False
    )
    # Whose limits hold for its call; null where none do.
    service = models.ForeignKey(
        Service, null=True, on_delete=models.SET_NULL, related_name="runs", db_index=False
    )
    # Of a run that a webhook launched: the service, and its name of the delivery.
    webhook_service = models.CharField(
        max_length=16, choices=Webhooked.WebhookService.choices, blank=True, default=""
    )
    webhook_guid = models.CharField(max_length=128, blank=True, default="")
    webhook_credential = models.ForeignKey(
        Credential,
        null=True,
        on_delete=models.SET_NULL,
        related_name="unified_jobs_of_webhook",
        db_index=False,
    )
    # The rest of AWX's prompts (limit, job_tags, …), kept for the record.
    prompts = models.JSONField(default=dict)
    timeout = models.IntegerField(default=0)
    allow_simultaneous = models.BooleanField(default=False)
    # Whether it is the workflow job of templates that were launched together, and so never had a template.
    is_bulk_job = models.BooleanField(default=False)
    # Whether it is the workflow job of a job template's slices: jobs/slices.py.
    is_sliced_job = models.BooleanField(default=False)

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    failed = models.GeneratedField(
        expression=Q(status__in=[s.value for s in UNSUCCESSFUL]),  # type: ignore[arg-type]  # the stubs leave Q out
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # It has failed for good although its policy let it try again.
    dead_letter = models.GeneratedField(
        expression=Q(status__in=[Status.FAILED.value, Status.ERROR.value], attempts_allowed__gt=1),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # When somebody decided that a dead letter is not to be tried again.
    dismissed = models.DateTimeField(null=True)
    failure_reason = models.CharField(max_length=32, choices=Outcome.choices, blank=True, default="")
    job_explanation = models.TextField(blank=True, default="")
    result_traceback = models.TextField(blank=True, default="")
    artifacts = models.JSONField(default=dict)
    # What the endpoint reported last of the present attempt: {"status", "progress", "message", "error"}.
    report = models.JSONField(default=dict)

    created = models.DateTimeField(default=timezone.now)
    modified = models.DateTimeField(auto_now=True)
    # From when on it may be claimed: its launch, or the time of its next attempt.
    available_at = models.DateTimeField(default=timezone.now)
    # When it has to be over, whatever its state.
    deadline_at = models.DateTimeField(null=True)
    # When its first attempt began.
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    canceled_on = models.DateTimeField(null=True)
    elapsed = models.DecimalField(max_digits=12, decimal_places=3, default=0)

    cancel_requested = models.BooleanField(default=False)
    attempts_made = models.PositiveIntegerField(default=0)
    # By its policy, and as many again with each replay.
    attempts_allowed = models.PositiveIntegerField(default=1)
    lease_owner = models.CharField(max_length=200, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True)
    execution_node = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["id"]
        indexes: ClassVar = [
            # Read when a run is admitted: is an older one of the same template still going?
            models.Index(
                fields=["unified_job_template", "id"],
                condition=Q(status__in=[s.value for s in ACTIVE]),
                name="job_active",
            ),
            models.Index(fields=["id"], condition=Q(status=Status.PENDING) & FOR_ENGINE, name="job_pending"),
            # Read by every look for workflows that can go on.
            models.Index(
                fields=["status", "id"],
                condition=Q(status__in=[Status.PENDING, Status.RUNNING], kind=JobKind.WORKFLOW_JOB),
                name="job_workflows",
            ),
            # Read by every claim.
            models.Index(
                fields=["available_at", "id"],
                condition=Q(status=Status.WAITING, service__isnull=True),
                name="job_waiting",
            ),
            models.Index(
                fields=["service", "status", "available_at", "id"],
                condition=Q(service__isnull=False),
                name="job_of_service",
            ),
            # Read by the reaper.
            models.Index(fields=["lease_expires_at"], condition=Q(status=Status.RUNNING), name="job_leases"),
            # Read by the reaper, for runs that are late.
            models.Index(
                fields=["deadline_at"],
                condition=Q(status__in=[s.value for s in ACTIVE], deadline_at__isnull=False),
                name="job_deadlines",
            ),
            # Read by the list of dead letters.
            models.Index(
                fields=["id"],
                condition=Q(dead_letter=True, dismissed__isnull=True),
                name="job_dead_letters",
            ),
            # Read by what instances show of themselves.
            models.Index(
                fields=["execution_node", "-id"], condition=~Q(execution_node=""), name="job_by_node"
            ),
            # Read by lists: newest first, and the last run of a template.
            models.Index(fields=["finished", "id"], name="job_finished"),
            models.Index(fields=["created", "id"], name="job_created"),
            models.Index(fields=["name", "id"], include=["kind"], name="job_by_name"),
            # Read by lists of the other kinds, of which there are few among many jobs.
            models.Index(fields=["kind", "id"], condition=~Q(kind=JobKind.JOB), name="job_of_other_kind"),
            # Read by lists of what went wrong, and counted there.
            models.Index(
                fields=["status", "id"],
                include=["kind"],
                condition=Q(status__in=[s.value for s in UNSUCCESSFUL]),
                name="job_unsuccessful",
            ),
            models.Index(
                fields=["unified_job_template", "status"],
                include=["kind"],
                condition=Q(status__in=[s.value for s in UNSUCCESSFUL]),
                name="job_unsuccessful_of_template",
            ),
            models.Index(fields=["unified_job_template", "-id"], include=["kind"], name="job_latest"),
            # Read where somebody's lists are put together: most have launched nothing in bulk.
            models.Index(fields=["created_by"], condition=Q(is_bulk_job=True), name="job_in_bulk"),
            # Read by the statistics of a template, which ask for nothing else.
            models.Index(
                fields=["unified_job_template", "finished"],
                include=["status", "elapsed"],
                condition=Q(finished__isnull=False),
                name="job_ended",
            ),
            # Read where the other object is deleted or asked for its runs; most runs have none.
            *indexes_where_set(
                {
                    "created_by": "job_by_creator",
                    "inventory": "job_by_inventory",
                    "execution_environment": "job_by_environment",
                    "instance_group": "job_by_instance_group",
                    "webhook_credential": "job_by_webhook_credential",
                }
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in FINISHED]) | Q(finished__isnull=True),
                name="job_finished_has_end",
            ),
            models.UniqueConstraint(
                fields=["unified_job_template", "webhook_service", "webhook_guid"],
                condition=~Q(webhook_guid=""),
                name="webhook_launches_once",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RUNNING) | Q(lease_expires_at__isnull=False) | ~FOR_ENGINE,
                name="job_running_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.name}"

    def twin(self) -> Self:
        """Another run with the same values, not saved: a tick makes thousands, for which `__init__` is slow."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__, _state=ModelState(), run_id=uuid.uuid4())
        return other

    @property
    def modified_by(self) -> User | None:
        """Nobody edits a run: who made it is who changed it last (AWX's way)."""
        return self.created_by

    @property
    def modified_by_id(self) -> int | None:
        return self.created_by_id

    @property
    def secret_variables(self) -> list[str]:
        """The names of those of `extra_vars` that are encrypted: answers to password questions."""
        names: list[str] = self.request.get("secret_variables", [])
        return names

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED


class ProjectUpdateManager(models.Manager["ProjectUpdate"]):
    def get_queryset(self) -> "models.QuerySet[ProjectUpdate]":
        return super().get_queryset().filter(kind=JobKind.PROJECT_UPDATE)


class ProjectUpdate(UnifiedJob):
    """A run that fetches a project's catalogue. The same table: a tick inserts runs of all kinds at once."""

    objects: ClassVar[ProjectUpdateManager] = ProjectUpdateManager()

    class Meta:
        proxy = True


class SystemJobManager(models.Manager["SystemJob"]):
    def get_queryset(self) -> "models.QuerySet[SystemJob]":
        return super().get_queryset().filter(kind=JobKind.SYSTEM_JOB)


class SystemJob(UnifiedJob):
    """A run that tidies up. Its `job_type` says what."""

    objects: ClassVar[SystemJobManager] = SystemJobManager()

    class Meta:
        proxy = True


class InventoryUpdateManager(models.Manager["InventoryUpdate"]):
    def get_queryset(self) -> "models.QuerySet[InventoryUpdate]":
        return super().get_queryset().filter(kind=JobKind.INVENTORY_UPDATE)


class InventoryUpdate(UnifiedJob):
    """A run that brings an inventory up to date with a source's feed."""

    objects: ClassVar[InventoryUpdateManager] = InventoryUpdateManager()

    class Meta:
        proxy = True


class Attempt(models.Model):
    """One call of a run's endpoint: what was sent (secrets masked), what came back, how it ended."""

    job = models.ForeignKey(UnifiedJob, on_delete=models.CASCADE, related_name="attempts")
    # Which of the run's calls it is, from 1: a run with an inventory makes one for each host.
    number = models.PositiveIntegerField()
    host = models.ForeignKey(
        Host, null=True, on_delete=models.SET_NULL, related_name="attempts", db_index=False
    )
    host_name = models.CharField(max_length=512, blank=True, default="")
    worker = models.CharField(max_length=200)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    # How many of the run's calls had ended before this one: the order of the record where several go on at once.
    # Null for a call that was cut off with its run.
    place = models.PositiveIntegerField(null=True)
    # Of a call to a host that is held to the limits of a service: whether it has begun.
    is_called = models.BooleanField(default=False, db_default=False)
    outcome = models.CharField(max_length=32, choices=Outcome.choices, blank=True, default="")
    # When the run shall be tried again, where it shall.
    next_attempt_at = models.DateTimeField(null=True)
    # {"method", "url", "headers": {…}, "body": text}
    request = models.JSONField(default=dict)
    response_status = models.PositiveIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True, default="")
    response_truncated = models.BooleanField(default=False)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["job_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="attempt_number_unique")
        ]
        # Read by hosts, for their last calls.
        indexes: ClassVar = [
            models.Index(fields=["host", "-id"], condition=Q(host__isnull=False), name="attempt_of_host"),
            # Read by claims, for the calls of services with limits that are in flight.
            models.Index(
                fields=["job"], condition=Q(is_called=True, finished__isnull=True), name="attempt_called"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"


class JobHostSummaryManager(models.Manager["JobHostSummary"]):
    def get_queryset(self) -> "models.QuerySet[JobHostSummary]":
        called = super().get_queryset().filter(finished__isnull=False).exclude(host_name="")
        later = Attempt.objects.filter(
            job=OuterRef("job"), host_name=OuterRef("host_name"), number__gt=OuterRef("number")
        )
        return called.exclude(Exists(later.filter(finished__isnull=False)))


class JobHostSummary(Attempt):
    """How a run went on one host: the last call of it that has ended."""

    objects: ClassVar[JobHostSummaryManager] = JobHostSummaryManager()

    class Meta:
        proxy = True
