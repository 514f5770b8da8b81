"""Notices that schedules have stopped ticking, and tells people: each worker looks, for beat may be what has ended."""

import logging
import threading
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import connection, transaction

from notifications.models import Event, Notification, NotificationTemplate
from notifications.sending import start_sending
from notifications.telling import plain
from observability.moments import TICK, first_to_miss

logger = logging.getLogger(__name__)

# So many polls without a tick are too many.
MISSED_POLLS = 4
SILENCE = "silence"
SUBJECT = "Belfry's schedules do not tick"
TEXT = (
    "Nothing has been launched by schedules for {seconds} s. Look whether beat and a worker run, and whether they "
    "reach the broker. What is missed meanwhile is launched afterwards as each schedule says."
)


class WatchStep(bootsteps.StartStopStep):
    """A part of the worker like its pool."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        self._stopped = threading.Event()
        threading.Thread(target=_watch, args=(self._stopped,), name="watch", daemon=True).start()

    def stop(self, parent: Any) -> None:
        self._stopped.set()

    terminate = stop


def _watch(stopped: threading.Event) -> None:
    """Look until `stopped`. Whoever was started just now gives beat the time to tick first."""
    if stopped.wait(longest_silence()):
        return
    while not stopped.wait(settings.SCHEDULER_POLL_INTERVAL):
        try:
            tell_of_silence()
            # What beat would have had sent.
            start_sending()
        except Exception:
            logger.exception("It is not known whether schedules tick.", extra={"action": "watch"})
        finally:
            connection.close()


def longest_silence() -> float:
    """Seconds."""
    return float(MISSED_POLLS * settings.SCHEDULER_POLL_INTERVAL)


@transaction.atomic
def tell_of_silence() -> bool:
    """Tell, once for each silence, those who are told of the failed runs of any organization."""
    seconds = longest_silence()
    if not first_to_miss(SILENCE, what=TICK, seconds=seconds):
        return False
    text = TEXT.format(seconds=round(seconds))
    logger.error("%s. %s", SUBJECT, text, extra={"action": "watch"})
    of_organizations = NotificationTemplate.objects.filter(
        subscriptions__event=Event.ERROR, subscriptions__organization__isnull=False
    )
    Notification.objects.bulk_create(
        plain(template, SUBJECT, text) for template in of_organizations.distinct()
    )
    return True
