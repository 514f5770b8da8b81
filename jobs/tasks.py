"""Celery's messages of this app. Each says only "there is work": the database knows which."""

from celery import shared_task

from jobs.execution.worker import wake_engine
from jobs.history import trim


@shared_task(ignore_result=True)
def run_waiting() -> None:
    """There is work: let this worker's engine look for it now."""
    wake_engine()


@shared_task
def trim_history() -> int:
    """Delete the runs that are beyond the limits of their templates."""
    return trim()
