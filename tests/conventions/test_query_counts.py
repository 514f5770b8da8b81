"""No list costs more statements for more rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from access.api.absent import AbsentList
from api.exposure import kinds
from tests.conventions.paths import LISTS
from tests.conventions.world import FACTORIES, World, begin, grow
from tests.factories.access import client_of

FEW, ROWS = 2, 8
# What the factories of others make with theirs.
MADE_WITH_OTHERS = {
    *("role", "attempt", "instance", "host", "group", "system_job_template", "inventory_update"),
    *("workflow_job_template_node", "workflow_job_node", "workflow_approval_template", "workflow_approval"),
    *("job_host_summary", "calendar_entry", "occurrence"),
}
# There are as many of them as AWX has.
FIXED = {"system_job_templates"}


SHOWN = [route for route in LISTS if not issubclass(route.view, AbsentList)]


class Counting:
    """Counts statements, and keeps none: their texts would take longer to write than most take."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        return execute(*arguments)


def costs(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """By asker and path the number of statements and of rows: below objects a superuser asks what the other may not."""
    clients = {"user": client_of(world.user), "root": client_of(world.root)}
    found = {}
    for route in SHOWN:
        path = f"{route.path(world.ids)}?page_size={ROWS}"
        for name, client in clients.items():
            if name == "root" and route.is_of_one_object and ("user", path) in found:
                continue
            counting = Counting()
            with connection.execute_wrapper(counting):
                answer: Any = client.get(path)
            if answer.status_code == 403 and name == "user":
                continue
            assert answer.status_code == 200, (path, answer.json())
            found[name, path] = (counting.statements, len(answer.json().get("results", ())))
    return found


def test_every_resource_has_a_factory() -> None:
    """A new resource needs one in tests/conventions/world.py: all tests of this folder go by them."""
    assert set(kinds()) - MADE_WITH_OTHERS == set(FACTORIES)


@pytest.mark.django_db
def test_lists_cost_no_more_with_many_rows_than_with_few() -> None:
    """They may cost less: a list of several kinds asks once for each kind on its page."""
    world = begin()
    grow(world, FEW)
    few = costs(world)
    grow(world, ROWS - FEW)

    many = costs(world)

    assert few.keys() == many.keys()
    assert {asked: (few[asked], many[asked]) for asked in few if few[asked][0] < many[asked][0]} == {}
    resources = {f"/api/v2/{name}/?page_size={ROWS}" for name in world.ids if name not in FIXED}
    short = {path for (name, path), (_, rows) in many.items() if name == "root" and rows < ROWS}
    assert short & resources == set()
