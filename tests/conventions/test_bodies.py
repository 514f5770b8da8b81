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

NO_OBJECTS = ('"text"', "null", "7", "{", '{"a": NaN', "[" * 3000, '{"name": "\\ud800"}', "\u00ff")
ODD_VALUES: tuple[Any, ...] = (
    None,
    "",
    "x\u0000y",
    -1,
    2**70,
    1.5,
    float("inf"),
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
# A body is refused as soon as one field is wrong, so several are sent: in each, every field has another odd value.
TURNS = range(0, len(ODD_VALUES), 4)
parsed_alike = cycle(NO_OBJECTS)


def different_bodies() -> set[tuple[str, str]]:
    """One of the routes for each serializer and method: the others take the same fields."""
    found: dict[Any, tuple[str, str]] = {}
    for route, method in sorted(WRITING, key=lambda one: one[0].is_of_one_object and one[0].is_list):
        serializer = getattr(route.view, "serializer_class", None) or route.text
        found.setdefault((serializer, method), (route.text, method))
    return set(found.values())


DIFFERENT = different_bodies()


def prepare_state() -> None:
    """Planning a question to every table takes longer than answering it, so it is planned once."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        digest = SQL("SELECT {}, md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t")
        each = [digest.format(table, Identifier(table)) for table in tables]
        cursor.execute(SQL("PREPARE state AS ") + SQL(" UNION ALL ").join(each))


def state() -> dict[str, str]:
    """A digest of every table."""
    with connection.cursor() as cursor:
        cursor.execute("EXECUTE state")
        return dict(cursor.fetchall())


@pytest.fixture(scope="module", name="world")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        world = begin()
        grow(world, 1)
        yield world
        transaction.set_rollback(True)


@pytest.fixture(scope="module", name="before")
def state_before(world: World) -> Iterator[dict[str, str]]:
    prepare_state()
    yield state()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE state")


def send(client: APIClient, method: str, path: str, body: str) -> int:
    """The answer's status; what was accepted is undone."""
    with transaction.atomic():
        status: int = client.generic(method, path, body, content_type="application/json").status_code
        if status < 400:
            transaction.set_rollback(True)
    return status


def fields_of(client: APIClient, method: str, path: str) -> list[str]:
    actions = client.options(path, HTTP_ACCEPT="application/json").json().get("actions", {})
    return list(actions.get("POST" if method == "POST" else "PUT", {}))


def odd_bodies(route: Route, method: str, fields: list[str]) -> Iterator[dict[str, Any]]:
    for turn in TURNS if (route.text, method) in DIFFERENT else TURNS[:1]:
        values = cycle(ODD_VALUES[turn:] + ODD_VALUES[:turn])
        yield dict(zip(fields, values, strict=False))
    if method == "PATCH":
        # Nothing else is wrong with these: what a field lets through is saved.
        yield from ({name: value} for name, value in zip(fields, cycle(ODD_VALUES), strict=False))


@pytest.mark.parametrize(("route", "method"), WRITING, ids=lambda value: getattr(value, "text", value))
def test_odd_bodies_are_refused_and_leave_nothing(
    route: Route, method: str, world: World, before: dict[str, str]
) -> None:
    client = client_of(world.root)
    client.raise_request_exception = False
    path = route.path(world.ids)

    odd: list[tuple[Any, int]] = [
        (body, status)
        for body in ("[]", next(parsed_alike))
        if not 400 <= (status := send(client, method, path, body)) < 500
    ]
    odd += [
        (body, status)
        for body in odd_bodies(route, method, fields_of(client, method, path))
        if (status := send(client, method, path, json.dumps(body))) >= 500
    ]

    assert odd == []
    assert state() == before
