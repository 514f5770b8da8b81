"""A run that shall not go on: where no call is in flight at once, else by its engine within a second."""

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from jobs.announcing import announce_work
from jobs.exceptions import AlreadyFinished
from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.settling import COLUMNS, canceling, locked, settle
from jobs.models import UnifiedJob
from jobs.signals import announce_finished
from jobs.statuses import ACTIVE, UNSTARTED, Outcome, Status

WHILE_CARRIED_OUT = "The job was canceled while its endpoint carried it out."
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
        if _cancel_unstarted(job) or _cancel_awaiting_report([job.pk], WHILE_CARRIED_OUT):
            return True
        called = UnifiedJob.objects.filter(pk=job.pk, status=Status.RUNNING).exclude(
            lease_owner=AWAITING_REPORT
        )
        if called.update(cancel_requested=True, modified=Now()):
            return False
        status = UnifiedJob.objects.values_list("status", flat=True).filter(pk=job.pk).first()
        if status not in ACTIVE:
            raise AlreadyFinished({"detail": ["The job has finished, so it cannot be canceled."]})


def cancel_runs_of(templates: Collection[int], *, explanation: str) -> None:
    """Cancel all runs of templates that have not ended, in a constant number of statements."""
    with transaction.atomic():
        going = UnifiedJob.objects.filter(unified_job_template__in=templates, status__in=ACTIVE)
        statuses = dict(going.order_by("pk").select_for_update(no_key=True).values_list("pk", "status"))
        unstarted = [pk for pk, status in statuses.items() if status in UNSTARTED]
        UnifiedJob.objects.filter(pk__in=unstarted).update(**CANCELED, job_explanation=explanation)
        begun = statuses.keys() - unstarted
        _cancel_awaiting_report(begun, explanation)
        UnifiedJob.objects.filter(pk__in=begun, status=Status.RUNNING).update(
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


_AWAITING_REPORT = f"""
{COLUMNS}
WHERE id = ANY(%(ids)s) AND status = '{Status.RUNNING}' AND lease_owner = '{AWAITING_REPORT}'
FOR UPDATE
"""


def _cancel_awaiting_report(ids: Collection[int], explanation: str) -> bool:
    """No call is in flight that could be ended: the endpoint learns it when it reports."""
    with transaction.atomic():
        runs = locked(_AWAITING_REPORT, {"ids": list(ids), "now": None})
        settle([canceling(run, explanation) for run in runs])
        if runs:
            transaction.on_commit(announce_work)
    return bool(runs)
