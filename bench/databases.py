"""Databases beside the one that a bench begins with: copies of it, and connections to them."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


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


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let Django use this database of the same server meanwhile, in threads that connect anew as well."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
