"""Who is told of runs, by what, and what was told."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from access.models import CommonModel, Organization
from jobs.models import UnifiedJob, UnifiedJobTemplate
from notifications.types import CHOICES, TYPES, NotificationType


class Event(models.TextChoices):
    """What people can ask to be told of; `approvals` are those of workflows, `recovery` is Belfry's own."""

    STARTED = "started"
    SUCCESS = "success"
    ERROR = "error"
    APPROVALS = "approvals"
    RECOVERY = "recovery"


class Notice(models.TextChoices):
    """What one notification tells of a run, or of an approval: there, AWX's `approval_status`."""

    STARTED = "started"
    SUCCESS = "success"
    ERROR = "error"
    RECOVERY = "recovery"
    RUNNING = "running"
    APPROVED = "approved"
    DENIED = "denied"
    TIMED_OUT = "timed_out"


OF_APPROVALS = (Notice.RUNNING, Notice.APPROVED, Notice.DENIED, Notice.TIMED_OUT)


def no_messages() -> dict[str, Any]:
    return {"started": None, "success": None, "error": None, "workflow_approval": None}


class NotificationTemplate(CommonModel):
    """A way of telling somebody, such as a mail server with recipients. Its secrets are stored encrypted."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="notification_templates"
    )
    notification_type = models.CharField(max_length=32, choices=CHOICES)
    notification_configuration = models.JSONField(blank=True, default=dict)
    # Event → {"message", "body"}: Jinja templates that stand in for the type's own; null where it has none.
    messages = models.JSONField(null=True, blank=True, default=no_messages)

    class Meta:
        ordering = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="notification_template_name_unique"
            ),
        ]

    @property
    def type_(self) -> NotificationType:
        return TYPES[self.notification_type]

    @property
    def recipients(self) -> list[str]:
        found = self.notification_configuration.get(self.type_.recipients, "")
        return [str(one) for one in found] if isinstance(found, list) else [str(found)]


class Subscription(models.Model):
    """A template tells of one event of the runs of one template, or of all runs of an organization."""

    notification_template = models.ForeignKey(
        NotificationTemplate, on_delete=models.CASCADE, related_name="subscriptions"
    )
    event = models.CharField(max_length=16, choices=Event.choices)
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, null=True, on_delete=models.CASCADE, related_name="notification_subscriptions"
    )
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="notification_subscriptions"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unified_job_template", "event", "notification_template"],
                condition=models.Q(unified_job_template__isnull=False),
                name="subscription_of_template_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "event", "notification_template"],
                condition=models.Q(organization__isnull=False),
                name="subscription_of_organization_once",
            ),
            models.CheckConstraint(
                condition=models.Q(unified_job_template__isnull=False) ^ models.Q(organization__isnull=False),
                name="subscription_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} by template {self.notification_template_id}"


class Failing(models.Model):
    """That a template's runs have failed since the last that was successful: the next success is a recovery.

    Written and deleted by a trigger of the database, in the transaction that ends the run; where two have failed at
    once there are two.
    """

    unified_job_template = models.ForeignKey(UnifiedJobTemplate, on_delete=models.CASCADE, related_name="+")
    # When the last that failed had ended.
    failed = models.DateTimeField()

    def __str__(self) -> str:
        return f"template {self.unified_job_template_id} is failing"


class Notification(models.Model):
    """One message: written before it is sent, so that none is lost with the process that sends it."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SUCCESSFUL = "successful", "Successful"
        FAILED = "failed", "Failed"

    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    notification_template = models.ForeignKey(
        NotificationTemplate, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    # The run that it tells of; a test has none.
    job = models.ForeignKey(UnifiedJob, null=True, on_delete=models.SET_NULL, related_name="notifications")
    # What of the run it tells. Triggers of the database make these rows, in the transaction that starts or ends a
    # run, and leave what they say to whoever sends them. A run that is replayed starts and ends again.
    event = models.CharField(max_length=16, choices=Notice.choices, blank=True, default="")
    # When it is to be sent, for the first time or again.
    due = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    error = models.TextField(blank=True, default="")
    notifications_sent = models.IntegerField(default=0)
    notification_type = models.CharField(max_length=32, choices=CHOICES)
    recipients = models.TextField(blank=True, default="")
    subject = models.TextField(blank=True, default="")
    body = models.JSONField(blank=True, default=dict)

    class Meta:
        ordering = ["id"]
        indexes: ClassVar = [
            # Read by whoever sends.
            models.Index(fields=["due"], condition=models.Q(status="pending"), name="notification_due"),
            # Read by the list of a template's.
            models.Index(fields=["notification_template", "id"], name="notification_of_template"),
            # Read for a template's last ones, which every list of templates shows.
            models.Index(fields=["notification_template", "created", "id"], name="notification_recent"),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"
