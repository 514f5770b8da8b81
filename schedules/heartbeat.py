"""A sign of life for whoever watches from outside: a GET of HEARTBEAT_URL after a tick."""

import asyncio
import logging

from django.conf import settings

from jobs.announcing import send_hint
from observability.moments import take_turn
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from outbound.messages import Request

logger = logging.getLogger(__name__)

TASK = "schedules.tasks.send_heartbeat"
TIMEOUT = 5.0  # seconds
# Beats are not exact, and one that comes a little early is not to be left out.
SLACK = 0.1


def plan_heartbeat() -> None:
    """Have it sent by a task of its own, so that a slow watcher keeps no tick waiting."""
    if settings.HEARTBEAT_URL:
        send_hint(TASK, expires=settings.SCHEDULER_POLL_INTERVAL)


def send_heartbeat() -> bool:
    """Send it, unless one went out in this interval. Returns whether it was answered; a failure is logged."""
    interval = settings.SCHEDULER_POLL_INTERVAL
    if not settings.HEARTBEAT_URL or not take_turn("heartbeat", every=interval * (1 - SLACK)):
        return False
    try:
        status = asyncio.run(_call(settings.HEARTBEAT_URL))
    except CallFailed as error:
        # The URL is a secret: whoever knows it can say that all is well. So may be what the message names.
        logger.warning("The heartbeat was not sent (%s).", error.reason, extra={"action": "heartbeat"})
        return False
    if not 200 <= status < 300:
        logger.warning("The heartbeat was answered with %s.", status, extra={"action": "heartbeat"})
        return False
    return True


async def _call(url: str) -> int:
    allowed = AllowList.parse(settings.OUTBOUND_ALLOWED_NETWORKS)
    async with GuardedClient(allowed) as client:
        return (await client.send(Request("GET", url, timeout=TIMEOUT, connect_timeout=TIMEOUT))).status
