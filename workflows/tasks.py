from celery import shared_task

from workflows.advancing import advance_due
from workflows.approvals import expire


@shared_task(ignore_result=True)
def advance_workflows() -> None:
    """There are workflows that can go on: find them in the database."""
    advance_due()


@shared_task(ignore_result=True)
def poll_workflows() -> None:
    """Beat's own look, so that nothing depends on a message that may be lost; and what waited too long is ended."""
    expire()
    advance_due()
