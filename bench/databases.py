"""Copies of databases."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """The URL of a copy, under this name, of the database at `url`; it is removed at the end.

    Nobody may be connected to a database that is copied.
    """
    server, _, original = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as administering:
        administering.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
        yield f"{server}/{name}"
        administering.execute(f"DROP DATABASE {name}")
