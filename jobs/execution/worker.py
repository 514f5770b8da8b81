"""The engine of a Celery worker: it starts and stops with it, broker or no broker."""

import gc
import logging
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from django.conf import settings

from jobs.announcing import announce_work
from jobs.execution.engine import Engine
from outbound.addresses import AllowList

logger = logging.getLogger(__name__)

# Seconds that calls in flight are given when the worker is stopped; supervisors kill after 30 or more.
DRAIN = 25.0


class _Running:
    """The engine of this process, while it has one."""

    engine: Engine | None = None


def collect_less() -> None:
    """Spare this process, which has read what it needs, most of its looks for garbage."""
    # What has been read until now stays: looking through it again and again would cost a fourth of the time of each
    # call.
    gc.collect()
    gc.freeze()
    # A batch of a tick makes thousands of objects, none of them garbage before it is through.
    gc.set_threshold(50_000)


class EngineStep(bootsteps.StartStopStep):
    """A part of the worker like its pool. It comes before the consumer, which waits for a broker."""

    requires = ("celery.worker.components:Pool",)

    def include_if(self, parent: Any) -> bool:
        # Pools that fork would have to start it in each child; Belfry's workers run with `--pool=threads`.
        if parent.pool_cls.__module__.rpartition(".")[2] in ("thread", "solo"):
            return True
        logger.error("This worker runs no jobs: it must be started with --pool=threads.")
        return False

    def start(self, parent: Any) -> None:
        collect_less()
        _Running.engine = Engine(
            str(parent.hostname),
            allowed=AllowList.parse(settings.OUTBOUND_ALLOWED_NETWORKS),
            lease_seconds=settings.EXECUTION_LEASE_SECONDS,
            announce=announce_work,
        )
        _Running.engine.start()

    def stop(self, parent: Any) -> None:
        _stop(DRAIN)

    def terminate(self, parent: Any) -> None:
        _stop(0.0)


def wake_engine() -> None:
    """Let this process's engine, if it has one, look for work now."""
    if _Running.engine is not None:
        _Running.engine.wake()


@worker_shutting_down.connect
def _claim_no_more(**_: object) -> None:
    if _Running.engine is not None:
        _Running.engine.close()


def _stop(drain: float) -> None:
    engine, _Running.engine = _Running.engine, None
    if engine is not None:
        logger.info("The worker stops.", extra={"action": "stop"})
        engine.stop(drain=drain)
