"""A worker is killed in the middle of a slow call: what becomes of the run is its policy's."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from jobs.execution.engine import Engine
from jobs.execution.reaping import reap
from jobs.models import UnifiedJob
from jobs.statuses import Outcome, Status
from tests.chaos.processes import Processes, commands
from tests.endpoint import Endpoint
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import LOOPBACK, eventually

LEASE = 5  # seconds, the shortest that there is


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """One worker, on this test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        "DATABASE_URL": url,
        "EXECUTION_LEASE_SECONDS": str(LEASE),
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    made = Processes(tmp_path, commands(tmp_path, beats=0, workers=1), environment)
    yield made
    made.close()


@pytest.mark.django_db(transaction=True)
def test_run_whose_worker_is_killed_ends_by_its_policy(processes: Processes) -> None:
    with Endpoint() as endpoint:
        again = {"max_attempts": 2, "retry_on": "lost", "retry_initial_interval": 0}
        never = {"max_attempts": 2, "retry_initial_interval": 0}
        runs = [make_run(endpoint.url + "/hold", policy=policy) for policy in (again, never)]
        [name] = processes.names
        processes.start(name)
        eventually(lambda: endpoint.at_once == 2)

        processes.kill(name)

        eventually(lambda: reap() and not UnifiedJob.objects.filter(status=Status.RUNNING).exists())
        endpoint.release()
        engine = Engine("another", allowed=LOOPBACK, look_every=0.1)
        engine.start()
        eventually(lambda: not UnifiedJob.objects.filter(finished=None).exists())
        engine.stop()

    tried_again, lost = UnifiedJob.objects.order_by("pk")
    assert (tried_again.status, tried_again.attempts_made) == (Status.SUCCESSFUL, 2)
    assert [one.outcome for one in tried_again.attempts.order_by("number")] == [Outcome.LOST, Outcome.SUCCESS]
    assert (lost.status, lost.failure_reason, lost.dead_letter) == (Status.ERROR, Outcome.LOST, True)
    assert [endpoint.calls[str(run.run_id)] for run in runs] == [2, 1]
