"""Hears that runs have ended: the rows are there already, and workers need not wait for beat to find them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from jobs.announcing import send_hint
from jobs.many import each_of
from jobs.models import JobTemplate, UnifiedJobTemplate
from jobs.signals import run_finished, template_in_trouble
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from notifications.telling import plain

TASK = "notifications.tasks.send_notifications"
# Beat looks by itself that often, in seconds.
EXPIRES = 60


@receiver(run_finished)
def on_run_finished(*, job_ids: Sequence[int], **_: object) -> None:
    pending = Notification.objects.filter(job__in=each_of(job_ids), status=Notification.Status.PENDING)
    if pending.exists():
        announce_notifications()


@receiver(template_in_trouble)
@transaction.atomic
def on_template_in_trouble(*, template_id: int, subject: str, text: str, is_over: bool, **_: object) -> None:
    """Write what is to be sent to those who are told of the failed runs of a template, or of its organization's.

    A project's trouble is its job templates', too.
    """
    organization = UnifiedJobTemplate.objects.filter(pk=template_id).order_by().values("organization")
    of_project = JobTemplate.objects.filter(project=template_id).order_by().values("pk")
    told = Subscription.objects.order_by().filter(
        Q(unified_job_template=template_id)
        | Q(unified_job_template__in=of_project)
        | Q(organization__in=organization),
        event=Event.RECOVERY if is_over else Event.ERROR,
    )
    templates = NotificationTemplate.objects.filter(pk__in=told.values("notification_template"))
    if Notification.objects.bulk_create(plain(template, subject, text) for template in templates):
        transaction.on_commit(announce_notifications)


def announce_notifications() -> None:
    """There are notifications to be sent, for `transaction.on_commit`. Never raises."""
    send_hint(TASK, expires=EXPIRES)
