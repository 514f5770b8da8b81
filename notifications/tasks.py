"""Celery's messages of this app. Each says only that there may be something to send."""

from celery import shared_task

from notifications.sending import send_due


@shared_task(ignore_result=True)
def send_notifications() -> int:
    return send_due()
