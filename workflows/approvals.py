"""Decisions for which workflows wait: a run that waits is pending, and whoever decides first ends it."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User
from jobs.models import UnifiedJobTemplate
from jobs.signals import announce_finished
from jobs.statuses import Outcome, Status
from workflows.exceptions import AlreadyDecided
from workflows.models import Approval, WorkflowApproval

TIMED_OUT = "The approval node {name} ({pk}) has expired after {timeout} seconds."


@transaction.atomic
def decide(approval: WorkflowApproval, *, approved: bool, user: User | None) -> None:
    """Let the workflow go on, as after a success or a failure. Raises AlreadyDecided."""
    runs = list(_waiting().filter(pk=approval.pk))
    if not runs:
        raise AlreadyDecided
    Approval.objects.filter(pk=approval.pk).update(approved_or_denied_by=user)
    _end(runs, Status.SUCCESSFUL if approved else Status.FAILED)


@transaction.atomic
def deny_pending(template: UnifiedJobTemplate) -> None:
    """Deny whatever waits at a step that is to be deleted."""
    _end(_waiting().filter(unified_job_template=template.pk), Status.FAILED)


@transaction.atomic
def expire() -> int:
    """Fail what has waited for its decision too long; returns how many. Any number may do so at once."""
    due = Approval.objects.select_for_update(skip_locked=True).filter(expires__lte=timezone.now())
    ids = list(due.values_list("pk", flat=True))
    late = list(_waiting().filter(pk__in=ids))
    for run in late:
        run.failure_reason = Outcome.TIMEOUT
        run.job_explanation = TIMED_OUT.format(name=run.name, pk=run.pk, timeout=run.timeout)
    Approval.objects.filter(pk__in=ids).update(expires=None)
    Approval.objects.filter(pk__in=[run.pk for run in late]).update(timed_out=True)
    _end(late, Status.FAILED)
    return len(late)


def _waiting() -> QuerySet[WorkflowApproval]:
    return WorkflowApproval.objects.select_for_update().filter(status=Status.PENDING).order_by("pk")


def _end(runs: Iterable[WorkflowApproval], status: Status) -> None:
    """End runs that this transaction has locked."""
    now, ended = timezone.now(), list(runs)
    for run in ended:
        run.status, run.finished, run.modified = status, now, now
        run.elapsed = round((now - run.created).total_seconds(), 3)
    WorkflowApproval.objects.bulk_update(
        ended, ["status", "finished", "modified", "elapsed", "failure_reason", "job_explanation"]
    )
    Approval.objects.filter(pk__in=[run.pk for run in ended]).update(expires=None)
    announce_finished([run.pk for run in ended])
