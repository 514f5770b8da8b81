"""Sends what is pending: claims a batch, sends it all at once, and writes what came of it.

A notification is sent at least once. Its claim moves `due` ahead, so what a process takes with it when it dies is sent
by another; what fails is sent again, a few times, later each time.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from credentials.encryption import UndecryptableSecret
from notifications.channels import irc, mail, web
from notifications.configuration import opened
from notifications.exceptions import NotDelivered
from notifications.models import Notification
from notifications.telling import Telling, told
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed

logger = logging.getLogger(__name__)

BATCH = 20
SECONDS = 60.0
# What is heard of no more by then is sent by another: longer than a batch can take, even with hanging mail servers.
LEASE = timedelta(minutes=10)
# Until it is sent for the second time, the third, the fourth.
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
# Whatever becomes of it: one that ends its process each time must not do so for ever.
MOST_ATTEMPTS = 2 * len(PAUSES)
# Sent by threads, over sockets of their own; all others by HTTP.
BY_THREADS = {"email": mail.send, "irc": irc.send}
_alone = threading.Lock()

Status = Notification.Status


def start_sending() -> None:
    """Send what is due, in a thread of its own: a slow mail server holds up nothing. One at a time in a process."""
    if _alone.acquire(blocking=False):
        try:
            threading.Thread(target=_send_and_release, name="notifications", daemon=True).start()
        except RuntimeError:
            _alone.release()
            raise


def _send_and_release() -> None:
    try:
        send_due()
    except Exception:
        logger.exception(
            "Notifications could not be sent; they will be found again.", extra={"action": "notify"}
        )
    finally:
        connection.close()
        _alone.release()


def send_due() -> int:
    """Send until nothing is due; returns how many were sent."""
    sent = 0
    while batch := claim(timezone.now()):
        sent += send(batch)
    return sent


@transaction.atomic
def claim(now: datetime) -> list[Notification]:
    """At most a batch of what is due, which is nobody else's for a while."""
    due = Notification.objects.filter(status=Status.PENDING, due__lte=now).order_by("due", "pk")
    due = due.select_related("job", "notification_template")
    claimed = list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for one in claimed:
        one.due, one.attempts = now + LEASE, one.attempts + 1
    Notification.objects.bulk_update(claimed, ["due", "attempts"])
    return claimed


def send(batch: Sequence[Notification]) -> int:
    """Send each and write how it went; returns how many were sent."""
    tellings: list[Telling | NotDelivered] = [_prepared(one) for one in batch]
    outcomes = asyncio.run(_send_all(tellings))
    for notification, outcome in zip(batch, outcomes, strict=True):
        try:
            _write(notification, outcome)
        except DatabaseError:
            # It is sent again when its claim has run out; the others need not be.
            logger.exception(
                "What came of notification %s was not kept.", notification.pk, extra=_about(notification)
            )
    return sum(isinstance(outcome, int) for outcome in outcomes)


def _prepared(notification: Notification) -> Telling | NotDelivered:
    if notification.attempts > MOST_ATTEMPTS:
        return NotDelivered("It was tried too often.", final=True)
    template = notification.notification_template
    try:
        configuration = opened(template.notification_configuration, template.notification_type)
        subject, body = told(notification)
    except NotDelivered as error:
        return error
    except UndecryptableSecret as error:
        return NotDelivered(str(error))
    except Exception:
        # One that cannot be put into words must not stop the others.
        logger.exception("Notification %s cannot be prepared.", notification.pk, extra=_about(notification))
        return NotDelivered("The notification could not be prepared.")
    return Telling(
        template.notification_type, configuration, template.recipients, subject, body, _about(notification)
    )


def _about(notification: Notification) -> dict[str, object]:
    """What a line of the log says besides its words."""
    job = notification.job
    return {"action": "notify"} | ({} if job is None else {"job_id": job.pk, "run_id": str(job.run_id)})


async def _send_all(tellings: Sequence[Telling | NotDelivered]) -> list[int | NotDelivered]:
    allowed = AllowList.parse(settings.OUTBOUND_ALLOWED_NETWORKS)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * BATCH))
    async with GuardedClient(allowed) as client:
        return await asyncio.gather(*(_send_one(one, client, allowed) for one in tellings))


async def _send_one(
    telling: Telling | NotDelivered, client: GuardedClient, allowed: AllowList
) -> int | NotDelivered:
    if isinstance(telling, NotDelivered):
        return telling
    try:
        async with asyncio.timeout(SECONDS):
            if telling.kind in BY_THREADS:
                return await asyncio.to_thread(BY_THREADS[telling.kind], telling, allowed)
            return await web.send(telling, client)
    except NotDelivered as error:
        return error
    except CallFailed as error:
        return NotDelivered(str(error), final=error.reason in ("forbidden_address", "invalid_request"))
    except TimeoutError:
        return NotDelivered(f"It could not be sent within {SECONDS:g} s.")
    except Exception as error:
        logger.exception("A notification of type %s failed.", telling.kind, extra=telling.about)
        return NotDelivered(f"It could not be sent ({type(error).__name__}).")


def _write(notification: Notification, outcome: int | NotDelivered) -> None:
    if isinstance(outcome, int):
        notification.status, notification.error = Status.SUCCESSFUL, ""
        notification.notifications_sent = outcome
    else:
        notification.error = str(outcome)
        if outcome.final or notification.attempts > len(PAUSES):
            notification.status = Status.FAILED
        else:
            notification.due = timezone.now() + PAUSES[notification.attempts - 1]
    names = ("status", "error", "notifications_sent", "due", "recipients", "subject", "body", "modified")
    # It may be gone meanwhile, with its template.
    Notification.objects.filter(pk=notification.pk).update(
        **{name: getattr(notification, name) for name in names[:-1]}, modified=timezone.now()
    )
