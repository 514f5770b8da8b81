"""A run that shall not go on: before it has begun at once, afterwards by its engine within a second."""

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from jobs.announcing import announce_work
from jobs.exceptions import AlreadyFinished
from jobs.models import UnifiedJob
from jobs.signals import announce_finished
from jobs.statuses import ACTIVE, UNSTARTED, Outcome, Status

# What becomes of a run that has not begun.
CANCELED = {
    "status": Status.CANCELED,
    "failure_reason": Outcome.CANCELED,
    "cancel_requested": True,
    "finished": Now(),
    "canceled_on": Now(),
    "modified": Now(),
}


def cancel(job: UnifiedJob) -> bool:
    """Cancel `job`; True if it is canceled already, False if its call has yet to be ended.

    Canceling twice is no error. Raises AlreadyFinished, also where it finished meanwhile.
    """
    while True:
        if _cancel_unstarted(job):
            return True
        if UnifiedJob.objects.filter(pk=job.pk, status=Status.RUNNING).update(
            cancel_requested=True, modified=Now()
        ):
            return False
        status = UnifiedJob.objects.values_list("status", flat=True).filter(pk=job.pk).first()
        if status not in UNSTARTED:
            raise AlreadyFinished({"detail": ["The job has finished, so it cannot be canceled."]})


def cancel_runs_of(templates: Collection[int], *, explanation: str) -> None:
    """Cancel all runs of templates that have not ended, in a constant number of statements."""
    with transaction.atomic():
        going = UnifiedJob.objects.filter(unified_job_template__in=templates, status__in=ACTIVE)
        locked = dict(going.order_by("pk").select_for_update(no_key=True).values_list("pk", "status"))
        unstarted = [pk for pk, status in locked.items() if status in UNSTARTED]
        UnifiedJob.objects.filter(pk__in=unstarted).update(**CANCELED, job_explanation=explanation)
        UnifiedJob.objects.filter(pk__in=locked.keys() - unstarted).update(
            cancel_requested=True, modified=Now()
        )
        announce_finished(unstarted)


def _cancel_unstarted(job: UnifiedJob) -> bool:
    with transaction.atomic():
        canceled = UnifiedJob.objects.filter(pk=job.pk, status__in=UNSTARTED).update(**CANCELED)
        if canceled:
            announce_finished([job.pk])
            # Another run of the template may have waited for this one.
            transaction.on_commit(announce_work)
    return canceled == 1
