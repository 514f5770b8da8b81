"""Every list costs the same number of statements, however many rows it shows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.api.absent import AbsentList
from access.models import User
from api.exposure import kinds
from tests.conventions.paths import LISTS
from tests.conventions.world import FACTORIES, World, begin, grow
from tests.factories.access import client_of

ROWS = 8
# What the factories of others make with theirs.
MADE_WITH_OTHERS = {
    "role",
    "attempt",
    "job_host_summary",
    "instance",
    "host",
    "group",
    "system_job_template",
    "inventory_update",
}
# There are as many of them as AWX has.
FIXED = {"system_job_templates"}


def lists(world: World) -> list[str]:
    shown = [route for route in LISTS if not issubclass(route.view, AbsentList)]
    return [f"{route.path(world.ids)}?page_size={ROWS}" for route in shown]


def costs(world: World, user: User) -> dict[str, tuple[int, int]]:
    """By path the number of statements and of rows."""
    client = client_of(user)
    found = {}
    for path in lists(world):
        with CaptureQueriesContext(connection) as captured:
            answer: Any = client.get(path)
        assert answer.status_code in ((200,) if user.is_superuser else (200, 403)), (path, answer.json())
        found[path] = (len(captured), len(answer.json().get("results", ())))
    return found


def test_every_resource_has_a_factory() -> None:
    """A new resource needs one in tests/conventions/world.py: all tests of this folder go by them."""
    assert set(kinds()) - MADE_WITH_OTHERS == set(FACTORIES)


@pytest.mark.django_db
def test_lists_cost_the_same_with_one_row_and_with_many() -> None:
    world = begin()
    grow(world, 1)
    askers = (world.root, world.user)
    few = [costs(world, asker) for asker in askers]
    grow(world, ROWS)

    many = [costs(world, asker) for asker in askers]

    for before, after in zip(few, many, strict=True):
        assert {
            path: (before[path], after[path]) for path in before if before[path][0] != after[path][0]
        } == {}
    resources = {f"/api/v2/{name}/" for name in world.ids if name not in FIXED}
    short = {
        path for path, (_, rows) in many[0].items() if rows < ROWS and path.partition("?")[0] in resources
    }
    assert short == set()
