"""Runs of workflows, and their pauses for an approval. They are rows of the one table of runs."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from jobs.models import UnifiedJob
from jobs.statuses import JobKind


class WorkflowJobManager(models.Manager["WorkflowJob"]):
    def get_queryset(self) -> "models.QuerySet[WorkflowJob]":
        return super().get_queryset().filter(kind=JobKind.WORKFLOW_JOB)


class WorkflowJob(UnifiedJob):
    """A run of a workflow. It is running while its nodes' runs are."""

    objects: ClassVar[WorkflowJobManager] = WorkflowJobManager()

    class Meta:
        proxy = True


class WorkflowApprovalManager(models.Manager["WorkflowApproval"]):
    def get_queryset(self) -> "models.QuerySet[WorkflowApproval]":
        return super().get_queryset().filter(kind=JobKind.WORKFLOW_APPROVAL)


class WorkflowApproval(UnifiedJob):
    """A run that waits for somebody's decision, and so stays pending until then."""

    objects: ClassVar[WorkflowApprovalManager] = WorkflowApprovalManager()

    class Meta:
        proxy = True


class Approval(models.Model):
    """What a run that waits for a decision has beside other runs."""

    run = models.OneToOneField(
        WorkflowApproval, primary_key=True, on_delete=models.CASCADE, related_name="approval"
    )
    approved_or_denied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # When it is too late; null where it never is, and once that was noted.
    expires = models.DateTimeField(null=True)
    timed_out = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            # Read by every poll.
            models.Index(
                fields=["expires"], condition=models.Q(expires__isnull=False), name="approval_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"approval {self.run_id}"
