"""Hears that runs have ended: the rows are there already, and workers need not wait for beat to find them."""

from collections.abc import Sequence

from django.dispatch import receiver

from jobs.announcing import send_hint
from jobs.signals import run_finished
from notifications.models import Notification

TASK = "notifications.tasks.send_notifications"
# Beat looks by itself that often, in seconds.
EXPIRES = 60


@receiver(run_finished)
def on_run_finished(*, job_ids: Sequence[int], **_: object) -> None:
    pending = Notification.objects.filter(job__in=job_ids, status=Notification.Status.PENDING)
    if pending.exists():
        announce_notifications()


def announce_notifications() -> None:
    """There are notifications to be sent, for `transaction.on_commit`. Never raises."""
    send_hint(TASK, expires=EXPIRES)
