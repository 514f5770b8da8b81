"""OPTIONS is answered at every path, and what it says of methods and fields is so."""

from typing import Any

import pytest

from access.api.absent import ReadersOfAll
from tests.conventions.paths import ROUTES
from tests.conventions.world import World, begin, grow
from tests.factories.access import client_of

pytestmark = pytest.mark.django_db

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def world(db: None) -> World:
    world = begin()
    grow(world, 1)
    return world


def test_options_tell_methods_and_types(world: World) -> None:
    odd: list[tuple[Any, ...]] = []
    for asker in (world.root, world.user):
        client = client_of(asker)
        for route in ROUTES:
            closed = ReadersOfAll in getattr(route.view, "permission_classes", ())
            answer: Any = client.options(route.path(world.ids), HTTP_ACCEPT="application/json")
            if closed and asker is world.user and answer.status_code == 403:
                continue
            allowed = set(answer.get("Allow", "").split(", "))
            if answer.status_code != 200 or allowed - {"HEAD", "OPTIONS"} != set(route.methods):
                odd.append((route.text, asker.username, answer.status_code, answer.get("Allow")))
            actions = answer.json().get("actions", {}) if answer.status_code == 200 else {}
            odd += [
                (route.text, method, name)
                for method, fields in actions.items()
                for name, field in fields.items()
                if not field.get("type") or "label" not in field or "`" in field.get("help_text", "")
            ]
    assert odd == []


def test_methods_that_are_not_told_of_are_not_allowed(world: World) -> None:
    client = client_of(world.root)

    statuses = {
        (method, route.text): client.generic(method, route.path(world.ids)).status_code
        for route in ROUTES
        for method in WRITING - set(route.methods)
    }

    assert {asked: status for asked, status in statuses.items() if status != 405} == {}
