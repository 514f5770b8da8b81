"""What goes with a node, and what a workflow does when a run of its has ended."""

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from jobs.many import each_of
from jobs.signals import run_finished
from workflows.editing import discard_approval
from workflows.launching import announce_steps
from workflows.models import WorkflowJobNode, WorkflowJobTemplateNode


@receiver(post_delete, sender=WorkflowJobTemplateNode)
def _discard_approval(instance: WorkflowJobTemplateNode, **_: Any) -> None:
    if instance.unified_job_template is not None:
        discard_approval(instance.unified_job_template)


@receiver(run_finished)
def _announce_step(job_ids: Sequence[int], **_: Any) -> None:
    if WorkflowJobNode.objects.filter(job__in=each_of(job_ids)).exists():
        announce_steps()
