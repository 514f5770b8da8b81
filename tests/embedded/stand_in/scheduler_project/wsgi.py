"""Says that it is ready, with how many starts the database remembers; one start is one row."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    # Two workers load this at once, and CREATE TABLE IF NOT EXISTS is no match for that.
    connection.execute("SELECT pg_advisory_lock(1)")
    connection.execute("CREATE TABLE IF NOT EXISTS starts (parent int PRIMARY KEY)")
    connection.execute("INSERT INTO starts VALUES (%s) ON CONFLICT DO NOTHING", [os.getppid()])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        (starts,) = connection.execute("SELECT count(*) FROM starts").fetchone() or (0,)
    status = "200 OK" if environ["PATH_INFO"] == "/readyz" else "404 Not Found"
    start_response(status, [("Content-Type", "text/plain")])
    return [str(starts).encode()]
