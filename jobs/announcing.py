"""Messages to the workers.

Each is a hint: if it is lost, they find by themselves what there is, a little later.
"""

import logging
import time
from typing import Any

from celery import current_app

logger = logging.getLogger(__name__)

TASK = "jobs.tasks.run_waiting"
# A hint that is older, in seconds, is of no use: workers have looked by themselves.
EXPIRES = 60
# After a failure nobody tries again for so many seconds, so that requests do not queue up before a dead broker.
PAUSE = 3.0
# One attempt, and no longer than this.
_BOUNDS = {"max_retries": 0, "socket_connect_timeout": 2.0, "socket_timeout": 2.0, "retry_on_timeout": False}


class _Silence:
    """Until when, by the monotonic clock, nothing is sent."""

    until = 0.0


def announce_work() -> None:
    """There are runs to be made, for `transaction.on_commit`. Never raises."""
    send_hint(TASK, expires=EXPIRES)


def send_hint(task: str, **options: Any) -> None:
    """Send a message whose loss costs lateness only. Never raises; a broker that is down costs two seconds at most.

    `options` are those of Celery's `send_task`.
    """
    if time.monotonic() < _Silence.until:
        return
    try:
        _send(task, options)
    except Exception as error:  # noqa: BLE001 (whatever the broker's driver raises)
        _Silence.until = time.monotonic() + PAUSE
        logger.warning(
            "The broker cannot be reached (%s): what waits will be found without its messages, a little later.",
            type(error).__name__,
            extra={"action": "send_hint"},
        )


def _send(task: str, options: dict[str, Any]) -> None:
    transport_options = {**(current_app.conf.broker_transport_options or {}), **_BOUNDS}
    with (
        current_app.connection(transport_options=transport_options, connect_timeout=2) as connection,
        current_app.amqp.Producer(connection, auto_declare=False) as producer,
    ):
        current_app.send_task(task, producer=producer, retry=False, ignore_result=True, **options)
