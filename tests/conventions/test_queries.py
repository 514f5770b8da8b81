"""Every list takes the queries that it announces, and refuses the others with 400."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.api.absent import AbsentList
from tests.conventions.paths import LISTS, Route
from tests.conventions.world import begin, grow
from tests.factories.access import client_of

pytestmark = pytest.mark.django_db

# What fits a field of each announced type.
FITTING = {
    "integer": "1",
    "id": "1",
    "float": "1.5",
    "decimal": "1.5",
    "boolean": "true",
    "datetime": "2030-01-01T00:00:00Z",
    "date": "2030-01-01",
}
COMPARING = ("in", "isnull", "icontains", "gt")
BAD = ("x\u0000y", "99999999999999999999999", "[1]", "2030-99-99")
# AWX's name of what only some lists take otherwise: the types that one shows.
TYPE = "type"


def different_lists() -> list[Route]:
    """One of the lists of each kind of object: those below others filter in the same way."""
    found: dict[Any, Route] = {}
    for route in sorted(LISTS, key=lambda route: route.is_of_one_object):
        found.setdefault(getattr(route.view, "serializer_class", None) or route.text, route)
    return list(found.values())


@pytest.fixture(scope="module", name="asked")
def asked_client(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[APIClient, dict[str, int]]]:
    """A superuser's client, and the objects that there are, for all tests of this file."""
    from django.db import transaction  # noqa: PLC0415

    with django_db_blocker.unblock(), transaction.atomic():
        world = begin()
        grow(world, 2)
        yield client_of(world.root), world.ids
        transaction.set_rollback(True)


@pytest.mark.parametrize("route", different_lists(), ids=lambda route: route.text)
def test_announced_fields_filter_and_order(route: Route, asked: tuple[APIClient, dict[str, int]]) -> None:
    client, ids = asked
    path = route.path(ids)
    client.raise_request_exception = False
    fields = client.options(path).json()["actions"]["GET"]
    known: dict[str, str] = {}
    odd: list[Any] = []
    strange = cycle(
        [(lookup, None) for lookup in COMPARING]
        + [(lookup, value) for lookup in ("exact", "in") for value in BAD]
    )
    for name, field in fields.items():
        if not field.get("filterable") or name == TYPE:
            continue
        fitting = FITTING.get(field["type"], "1")
        if field.get("choices"):
            fitting = next(str(value) for value, _ in field["choices"] if value not in (None, ""))
        if field["type"] in FITTING or field.get("choices"):
            known[name] = fitting
        lookup, value = next(strange)
        query = {f"{name}__{lookup}": value or fitting, "order_by": f"-{name}"}
        status = asked_for(client, path, query)
        odd += [(query, status)] if status not in (200, 400, 403) else []
    if asked_for(client, path, {**known, "order_by": ",".join(known)}) != 200:
        for name, fitting in known.items():
            status = asked_for(client, path, {name: fitting, "order_by": name})
            odd += [(name, status)] if status not in (200, 403) else []
    assert odd == []


def asked_for(client: APIClient, path: str, query: dict[str, str]) -> int:
    return int(client.get(path, {"page_size": "1", **query}).status_code)


# AWX refuses there whatever is wrong with a query with the same status.
ALL_REFUSED_ALIKE = {"/api/v2/hosts/"}
# The others are lists of nothing in particular.
WITH_FIELDS = [
    route
    for route in LISTS
    if getattr(route.view, "queryset", None) is not None or issubclass(route.view, AbsentList)
]


@pytest.mark.parametrize("route", WITH_FIELDS, ids=lambda route: route.text)
def test_unknown_fields_and_pages_are_refused(route: Route, asked: tuple[APIClient, dict[str, int]]) -> None:
    client, ids = asked
    path = route.path(ids)
    queries = ("nothing=1", "not__nothing__gt=1", "page=99999", "page=x", "page_size=x", "page_size=1000")

    statuses = [client.get(f"{path}?{query}").status_code for query in queries]

    no_page = 400 if path in ALL_REFUSED_ALIKE else 404
    assert statuses == [400, 400, no_page, no_page, 400, 200]
