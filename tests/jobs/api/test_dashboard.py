from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from inventories.models import Inventory
from jobs.models import InventorySource
from jobs.statuses import Status, TemplateKind
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_job, make_job_template, make_project

pytestmark = pytest.mark.django_db

DASHBOARD = "/api/v2/dashboard/"
GRAPH = f"{DASHBOARD}graphs/jobs/"


def make_source(inventory: Inventory) -> None:
    InventorySource.objects.create(
        kind=TemplateKind.INVENTORY_SOURCE,
        name="Cloud",
        inventory=inventory,
        source=InventorySource.Source.EC2,
    )


def test_dashboard_counts_what_the_asker_may_read() -> None:
    make_project(scm_type="git")
    make_job_template()

    seen, hidden = (
        client_of(make_superuser()).get(DASHBOARD).json(),
        client_of(make_user()).get(DASHBOARD).json(),
    )

    assert (seen["job_templates"]["total"], hidden["job_templates"]["total"]) == (1, 0)
    assert (seen["scm_types"]["git"]["total"], seen["projects"]["failed"]) == (1, 0)
    assert seen["related"]["jobs_graph"] == GRAPH


def test_paths_of_the_dashboard_lead_somewhere() -> None:
    client = client_of(make_superuser())

    sections = client.get(DASHBOARD).json()

    paths = [
        value for section in sections.values() for value in section.values() if str(value).startswith("/")
    ]
    assert {client.get(path).status_code for path in paths} == {200}


@pytest.mark.parametrize(("period", "steps"), [("month", 31), ("two_weeks", 15), ("week", 8), ("day", 25)])
def test_graph_counts_runs_by_the_time_of_their_end(period: str, steps: int) -> None:
    now = timezone.now()
    for status in (Status.SUCCESSFUL, Status.SUCCESSFUL, Status.FAILED):
        make_job(status=status, finished=now)
    make_job(finished=now - timedelta(days=100))

    # The last step is still that of the runs, though an hour or a day may end now.
    with time_machine.travel(now, tick=False):
        jobs = client_of(make_superuser()).get(f"{GRAPH}?period={period}").json()["jobs"]

    assert {name: len(points) for name, points in jobs.items()} == dict.fromkeys(
        ("successful", "failed", "canceled", "error"), steps
    )
    assert sum(number for _, number in jobs["successful"]) == 2
    assert jobs["failed"][-1][1] == 1


def test_graph_shows_only_runs_that_the_asker_may_read() -> None:
    make_job(finished=timezone.now())

    jobs = client_of(make_user()).get(GRAPH).json()["jobs"]

    assert sum(number for _, number in jobs["successful"]) == 0


@pytest.mark.parametrize("query", ["period=x", "job_type=x"])
def test_bad_graph_is_refused(query: str) -> None:
    client = client_of(make_superuser())

    name, _, value = query.partition("=")
    answer = client.get(f"{GRAPH}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": f'Unknown {name} "{value}"'})
    assert client.post(GRAPH, {}, format="json").status_code == 405
    assert client_of(None).get(GRAPH).status_code == 401


def test_dashboard_counts_hosts_that_failed_and_inventories_with_sources() -> None:
    failing, quiet = make_inventory(), make_inventory()
    make_host(failing, has_active_failures=True)
    make_host(failing)
    make_host(quiet)
    make_source(quiet)

    shown = client_of(make_superuser()).get(DASHBOARD).json()

    assert shown["inventories"] == {
        "url": "/api/v2/inventories/",
        "total": 2,
        "total_with_inventory_source": 1,
        "job_failed": 1,
        "inventory_failed": 0,
    }
    assert (shown["hosts"]["total"], shown["hosts"]["failed"]) == (3, 1)
    assert shown["inventory_sources"]["ec2"]["total"] == 1


def test_path_of_failed_hosts_lists_them_alone() -> None:
    inventory = make_inventory()
    failed = make_host(inventory, has_active_failures=True)
    make_host(inventory)
    client = client_of(make_superuser())

    path = client.get(DASHBOARD).json()["hosts"]["failures_url"]

    assert [host["id"] for host in client.get(path).json()["results"]] == [failed.pk]
