"""Telling the workers that there is work.

The message is a hint: if it is lost, workers find the work a little later.
"""

import logging
import time

from celery import current_app

logger = logging.getLogger(__name__)

TASK = "jobs.tasks.run_waiting"
# A hint that is older, in seconds, is of no use: workers have looked by themselves.
EXPIRES = 60
# After a failure nobody tries again for so many seconds, so that requests do not queue up before a dead broker.
PAUSE = 5.0
# One attempt, and no longer than this.
_BOUNDS = {"max_retries": 0, "socket_connect_timeout": 1.0, "socket_timeout": 1.0, "retry_on_timeout": False}


class _Silence:
    """Until when, by the monotonic clock, nothing is sent."""

    until = 0.0


def announce_work() -> None:
    """Send the message, for `transaction.on_commit`. Never raises; a broker that is down costs a second at most."""
    if time.monotonic() < _Silence.until:
        return
    try:
        _send()
    except Exception as error:  # noqa: BLE001 (whatever the broker's driver raises)
        _Silence.until = time.monotonic() + PAUSE
        logger.warning(
            "The broker cannot be reached (%s): workers will find the work by themselves, a little later.",
            type(error).__name__,
            extra={"action": "announce_work"},
        )


def _send() -> None:
    options = {**(current_app.conf.broker_transport_options or {}), **_BOUNDS}
    with (
        current_app.connection(transport_options=options, connect_timeout=1) as connection,
        current_app.amqp.Producer(connection, auto_declare=False) as producer,
    ):
        current_app.send_task(TASK, producer=producer, retry=False, expires=EXPIRES, ignore_result=True)
