import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.execution.engine import Engine
from jobs.models import UnifiedJob
from jobs.signals import run_finished
from jobs.statuses import FINISHED
from outbound.addresses import AllowList
from tests.endpoint import Endpoint

LOOPBACK = AllowList.parse(["127.0.0.0/8", "::1"])
# Longer than a busy machine takes: what it ends is a hang.
WITHIN = 120.0


def eventually(question: Callable[[], object], *, within: float = WITHIN) -> None:
    """Waits for what no event tells: a row that another process's rules change."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.01)


StartEngine = Callable[..., Engine]
WaitUntilFinished = Callable[..., list[UnifiedJob]]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def start_engine(transactional_db: None) -> Iterator[StartEngine]:
    """Starts engines that look and tend often; ends them without mercy."""
    engines: list[Engine] = []

    def start(name: str = "test", **options: Any) -> Engine:
        options = {"allowed": LOOPBACK, "look_every": 0.1, "tend_every": 0.05, **options}
        engine = Engine(name, **options)
        engines.append(engine)
        engine.start()
        return engine

    yield start
    for engine in engines:
        engine.stop(drain=0)


@pytest.fixture
def wait_until_finished() -> Iterator[WaitUntilFinished]:
    """Waits for the runs' ends, by the signal; returns the runs as they are then."""
    changed = threading.Condition()

    def hear(**_: object) -> None:
        with changed:
            changed.notify_all()

    def wait(*runs: UnifiedJob, within: float = WITHIN) -> list[UnifiedJob]:
        ids = [run.pk for run in runs]
        deadline = time.monotonic() + within
        with changed:
            while True:
                rows = list(UnifiedJob.objects.filter(pk__in=ids).order_by("pk"))
                if all(row.status in FINISHED for row in rows):
                    return rows
                left = deadline - time.monotonic()
                assert left > 0, [(row.pk, row.status) for row in rows if row.status not in FINISHED][:20]
                changed.wait(min(left, 1.0))

    run_finished.connect(hear)
    yield wait
    run_finished.disconnect(hear)
