"""Says that it is ready, with how many starts the database remembers; one start is one row."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS starts (process int PRIMARY KEY)")
    connection.execute("INSERT INTO starts VALUES (%s) ON CONFLICT DO NOTHING", [os.getpid()])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        (starts,) = connection.execute("SELECT count(*) FROM starts").fetchone() or (0,)
    status = "200 OK" if environ["PATH_INFO"] == "/readyz" else "404 Not Found"
    start_response(status, [("Content-Type", "text/plain")])
    return [str(starts).encode()]
