"""The one web process of `make run`."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from embedded.data_directory import DataDirectory
from embedded.postgres import Postgres
from tests.e2e.system import System


def test_page_is_served_while_other_requests_wait(system: System) -> None:
    with psycopg.connect(database_url(system)) as holder, ThreadPoolExecutor(2) as clients:
        holder.execute("LOCK TABLE jobs_label IN ACCESS EXCLUSIVE MODE")
        waiting = [clients.submit(system.api.get, "labels/") for _ in range(2)]
        # Both: neither waits for the other.
        wait_for_sessions_that_wait(holder, 2)

        page = system.api.get("organizations/")
        still_wait = [not request.done() for request in waiting]
        holder.rollback()

        assert (page.status_code, still_wait) == (200, [True, True])
        assert [request.result().status_code for request in waiting] == [200, 200]


def database_url(system: System) -> str:
    data = DataDirectory(system.data_dir)
    password = (system.data_dir / "database_password").read_text().strip()
    return Postgres(data.postgres, data.sockets(), password, data.logs / "postgres.log").url


def wait_for_sessions_that_wait(connection: psycopg.Connection, number: int) -> None:
    deadline = time.monotonic() + 120
    while len(connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall()) < number:
        assert time.monotonic() < deadline, "Too few sessions wait for a lock."
        time.sleep(0.05)
