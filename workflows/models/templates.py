from django.db import models

from jobs.models import Prompting, UnifiedJobTemplate, Webhooked


class WorkflowJobTemplate(UnifiedJobTemplate, Prompting, Webhooked):
    """Templates that are launched one after another, as the nodes and the paths between them say."""

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_workflow_job_template",
    )
    allow_simultaneous = models.BooleanField(default=False)

    # What is said here is handed on to all runs that ask for it; null, as in AWX, leaves them as they are.
    limit = models.TextField(null=True, blank=True, default=None)  # type: ignore[assignment]  # noqa: DJ001
    scm_branch = models.CharField(max_length=1024, null=True, blank=True, default=None)  # type: ignore[assignment]  # noqa: DJ001
    job_tags = models.TextField(null=True, blank=True, default=None)  # type: ignore[assignment]  # noqa: DJ001
    skip_tags = models.TextField(null=True, blank=True, default=None)  # type: ignore[assignment]  # noqa: DJ001

    class Meta:
        ordering = ["name", "id"]


class WorkflowApprovalTemplate(UnifiedJobTemplate):
    """A step at which a workflow waits for somebody to approve it. It belongs to its node, and goes with it."""

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_workflow_approval_template",
    )
    timeout = models.IntegerField(
        blank=True,
        default=0,
        help_text="The amount of time (in seconds) before the approval node expires and fails.",
    )

    class Meta:
        ordering = ["name", "id"]
