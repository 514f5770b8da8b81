"""Processes are killed at random while schedules fire: every occurrence is launched once, every run ends."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
SECONDS = 40
LEASE = 5
# Seconds after which a process that was started has begun its work, even on a busy machine.
SETTLED = 6.0
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
    chance = random.Random(SEED)
    with Receiver(delay=0.3) as receiver:
        try:
            processes.manage("migrate", "--verbosity", "0")
            processes.manage("bootstrap")
            for name in processes.names:
                processes.start(name)
            _make_schedules(port, receiver)

            kills = _kill_at_random(processes, chance, until=lambda: _recorded(connection) >= LAUNCHES)
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
    assert min(kills.values()) >= 2, kills
    assert len(runs) == len(launched) == len({job for _, job in launched}) == LAUNCHES
    assert len({schedule for schedule, _ in launched}) == LAUNCHES
    assert {(status, reason) for _, status, reason, _ in runs} <= {("successful", ""), ("error", "lost")}
    assert all(called[run_id] <= attempts <= 1 for run_id, _, _, attempts in runs)
    assert all(called[run_id] == 1 for run_id, status, _, _ in runs if status == "successful")


def _make_schedules(port: int, receiver: Receiver) -> None:
    """One occurrence each, spread over the next seconds."""
    transport = httpx.HTTPTransport(retries=50)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v2/", auth=("admin", PASSWORD), transport=transport, timeout=30
    ) as api:
        template = api.post(
            "job_templates/",
            json={"name": "Slow", "endpoint": receiver.url + "/x", "allow_simultaneous": True},
        ).json()
        start = datetime.now(UTC) + timedelta(seconds=10)
        for number in range(LAUNCHES):
            moment = start + timedelta(seconds=number * SECONDS // LAUNCHES)
            rule = f"DTSTART:{moment:%Y%m%dT%H%M%SZ} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1"
            answer = api.post(
                "schedules/",
                json={"name": f"s {number}", "rrule": rule, "unified_job_template": template["id"]},
            )
            assert answer.status_code == 201, answer.text


def _kill_at_random(
    processes: Processes, chance: random.Random, *, until: Callable[[], bool]
) -> Counter[str]:
    """Kill what has run for a while and start it again, until all is launched; returns how often each was killed."""
    kills: Counter[str] = Counter()
    deadline = time.monotonic() + SECONDS + 120
    while not until():
        assert time.monotonic() < deadline, f"not everything was launched in time: {kills}"
        time.sleep(chance.uniform(0.2, 1.0))
        settled = [name for name in processes.names if processes.age(name) > SETTLED]
        if not settled:
            continue
        name = chance.choice(settled)
        processes.kill(name)
        kills[name] += 1
        time.sleep(chance.uniform(0.0, 1.0))
        processes.start(name)
    return kills


def _recorded(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM schedules_occurrence").fetchone()
    assert row is not None
    return int(row[0])


def _wait_until_all_have_ended(connection: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 6 * LEASE
    while time.monotonic() < deadline:
        row = connection.execute("SELECT count(*) FROM jobs_unifiedjob WHERE finished IS NULL").fetchone()
        assert row is not None
        if row[0] == 0:
            return
        time.sleep(0.2)
    raise AssertionError("not all runs have ended")
