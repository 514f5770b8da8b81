"""Whatever is sent, the answer is no error of the server's, and what is refused leaves nothing behind."""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg.sql import SQL, Identifier
from rest_framework.test import APIClient

from tests.conventions.paths import ROUTES, Route
from tests.conventions.world import World, begin, grow
from tests.factories.access import client_of

pytestmark = pytest.mark.django_db

NO_OBJECTS = ("[]", '"text"', "null", "7", "{", '{"a": NaN', "[" * 3000, '{"name": "\\ud800"}', "\u00ff")
ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    "x\u0000y",
    -1,
    2**70,
    1.5,
    True,
    [],
    [[1]],
    {"a": {"b": "\u0000"}},
    {"a": 1},
    "x" * 5000,
)
WRITING = [
    (route, method) for route in ROUTES for method in route.methods if method in ("POST", "PUT", "PATCH")
]


def state() -> dict[str, str]:
    """A digest of every table."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                SQL("SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t").format(
                    Identifier(table)
                )
            )
            found[table] = cursor.fetchone()[0]
    return found


@pytest.fixture(scope="module", name="world")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        world = begin()
        grow(world, 1)
        yield world
        transaction.set_rollback(True)


def send(client: APIClient, method: str, path: str, body: str) -> int:
    """The answer's status; what was accepted is undone."""
    with transaction.atomic():
        status: int = client.generic(method, path, body, content_type="application/json").status_code
        if status < 400:
            transaction.set_rollback(True)
    return status


@pytest.mark.parametrize(("route", "method"), WRITING, ids=lambda value: getattr(value, "text", value))
def test_odd_bodies_are_refused_and_leave_nothing(route: Route, method: str, world: World) -> None:
    client = client_of(world.root)
    client.raise_request_exception = False
    path = route.path(world.ids)
    before = state()

    odd = [
        (body, status) for body in NO_OBJECTS if not 400 <= (status := send(client, method, path, body)) < 500
    ]
    fields = (
        client.options(path, HTTP_ACCEPT="application/json")
        .json()
        .get("actions", {})
        .get("POST" if method == "POST" else "PUT", {})
    )
    bodies = [dict.fromkeys(fields, value) for value in ODD_VALUES]
    bodies += [{name: value} for name, value in zip(fields, cycle(ODD_VALUES), strict=False)]
    odd += [
        (body, status)
        for body in map(json.dumps, bodies)
        if (status := send(client, method, path, body)) >= 500
    ]

    assert odd == []
    assert state() == before
