"""Processes are killed at random while schedules fire: every occurrence is launched once, every run ends."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.e2e.processes import Processes
from tests.e2e.receiver import Receiver
from tests.e2e.system import PASSWORD, free_port

LAUNCHES = 200
LEASE = 5
BOUND = 400.0
RECORDED = "SELECT count(*) FROM schedules_occurrence"
# A schedule that was saved after its only time has passed has nothing to launch.
ARMED = "SELECT count(*) FROM schedules_schedule WHERE dtstart > created"
# Seconds after which a process that was started has begun its work, as a rule.
SETTLED = 4.0
PATIENCE = 8.0
SEED = 20300101


@pytest.fixture
def database() -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    """A database of its own: its URL and a connection to it."""
    name = f"kills_{os.getpid()}"
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        with psycopg.connect(url, dbname=name, autocommit=True) as connection:
            yield urlsplit(url)._replace(path=f"/{name}").geturl(), connection
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_kills_lose_no_occurrence_and_double_none(
    database: tuple[str, psycopg.Connection[Any]], tmp_path: Path
) -> None:
    url, connection = database
    port = free_port()
    processes = Processes(
        tmp_path,
        port,
        {
            "DATABASE_URL": url,
            "SCHEDULER_POLL_INTERVAL": "2",
            "EXECUTION_LEASE_SECONDS": str(LEASE),
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            "BELFRY_ADMIN_PASSWORD": PASSWORD,
        },
    )
    with Receiver(delay=0.5) as receiver:
        try:
            processes.manage("migrate", "--verbosity", "0")
            processes.manage("bootstrap")
            for name in processes.names:
                processes.start(name)
            with ThreadPoolExecutor(1) as pool:
                posting = pool.submit(_post_schedules, port, receiver, connection)
                kills = _kill_at_random(
                    processes,
                    progress=lambda: _count(connection, RECORDED),
                    until=lambda: posting.done() and _count(connection, RECORDED) >= LAUNCHES,
                )
                posting.result()
            _wait_until_all_have_ended(connection)
        finally:
            processes.close()
        called = Counter(call.headers["Idempotency-Key"] for call in receiver.calls)

    launched = connection.execute(
        "SELECT schedule_id, job_id FROM schedules_occurrence WHERE outcome = 'launched'"
    ).fetchall()
    runs = connection.execute(
        "SELECT run_id::text, status, failure_reason, attempts_made FROM jobs_unifiedjob"
    ).fetchall()
    assert set(kills) == set(processes.names)
    assert kills.total() >= 20, kills
    assert len({schedule for schedule, _ in launched}) == _count(connection, ARMED) >= LAUNCHES
    assert len(runs) == len(launched) == len({job for _, job in launched})
    assert {(status, reason) for _, status, reason, _ in runs} <= {("successful", ""), ("error", "lost")}
    assert all(called[run_id] <= attempts <= 1 for run_id, _, _, attempts in runs)
    assert all(called[run_id] == 1 for run_id, status, _, _ in runs if status == "successful")


def _post_schedules(port: int, receiver: Receiver, connection: psycopg.Connection[Any]) -> None:
    """Schedules of one occurrence each, a few seconds ahead, posted to a web process that is killed now and then."""
    template = _post(
        port, "job_templates/", name="Slow", endpoint=receiver.url + "/x", allow_simultaneous=True
    )
    number = 0
    while _count(connection, ARMED) < LAUNCHES:
        for _ in range(10):
            number += 1
            moment = datetime.now(UTC) + timedelta(seconds=10)
            rule = f"DTSTART:{moment:%Y%m%dT%H%M%SZ} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1"
            _post(port, "schedules/", name=f"s {number}", rrule=rule, unified_job_template=template["id"])


def _post(port: int, path: str, **values: Any) -> dict[str, Any]:
    """Repeated until it is answered; that it was done by a try whose answer was lost is an answer, too."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{port}/api/v2/{path}",
                json=values,
                auth=("admin", PASSWORD),
                trust_env=False,
            )
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        assert answer.status_code == 201 or "already exists" in answer.text, answer.text
        created: dict[str, Any] = answer.json()
        return created
    raise AssertionError("the web process did not come back")


def _kill_at_random(
    processes: Processes, *, progress: Callable[[], int], until: Callable[[], bool]
) -> Counter[str]:
    """Kill what has run for a while and start it again, until all is launched; returns how often each was killed.

    Where nothing has come of it for a while, as on a machine that is slow to start them, they are left alone.
    """
    chance = random.Random(SEED)
    kills: Counter[str] = Counter()
    deadline = time.monotonic() + BOUND
    reached, since = progress(), time.monotonic()
    while not until():
        assert time.monotonic() < deadline, f"not everything was launched in time: {kills}"
        time.sleep(chance.uniform(0.2, 1.0))
        if progress() > reached:
            reached, since = progress(), time.monotonic()
        if time.monotonic() - since > PATIENCE:
            continue
        settled = [name for name in processes.names if processes.age(name) > SETTLED]
        for name in chance.sample(settled, k=(len(settled) + 1) // 2):
            processes.kill(name)
            kills[name] += 1
            time.sleep(chance.uniform(0.0, 0.5))
            processes.start(name)
    return kills


def _count(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _wait_until_all_have_ended(connection: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 6 * LEASE
    while _count(connection, "SELECT count(*) FROM jobs_unifiedjob WHERE finished IS NULL"):
        assert time.monotonic() < deadline, "not all runs have ended"
        time.sleep(0.2)
