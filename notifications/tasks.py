"""Celery's messages of this app. Each says only that there may be something to send."""

from celery import shared_task

from notifications.sending import start_sending


@shared_task(ignore_result=True)
def send_notifications() -> None:
    """There may be something to send: let this worker look for it now."""
    start_sending()
