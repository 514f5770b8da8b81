"""Feeds of hosts, fetched by a real engine from a real service and written to an inventory."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from inventories.models import Group, Host, Inventory
from jobs.inventory_feeds import MAX_DOCUMENT
from jobs.launching import launch
from jobs.models import InventorySource, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.record import events_of
from jobs.statuses import JobKind, LaunchType, Outcome, Status
from jobs.stdout import as_text, lines_of
from outbound.addresses import AllowList
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.endpoint import Endpoint
from tests.factories.inventories import make_group, make_host, make_inventory, make_source
from tests.factories.jobs import make_project
from tests.factories.schedules import make_schedule
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished

pytestmark = pytest.mark.django_db(transaction=True)

FEED = {
    "all": {"vars": {"region": "north"}},
    "web": {"hosts": ["web1", "web2"], "vars": {"belfry_scheme": "http"}},
    "prod": {"children": ["web"]},
    "_meta": {"hostvars": {"web1": {"rack": 1, "state": "up"}, "web2": {"rack": 2, "state": "down"}}},
}
MIDNIGHT = datetime(2020, 1, 1, tzinfo=UTC)
HOURLY = "DTSTART:20200101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"


class Service(Endpoint):
    """`/feed` answers whatever the test put in `feed`."""

    feed: Any = FEED

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.path == "/feed":
            document = self.feed if isinstance(self.feed, bytes) else json.dumps(self.feed).encode()
            return web.Response(body=document, content_type="application/json")
        return await super()._answer(request, body)


@pytest.fixture
def endpoint() -> Any:
    with Service() as running:
        yield running


def source_of(endpoint: Endpoint, inventory: Inventory | None = None, **values: Any) -> InventorySource:
    return make_source(inventory, **({"feed_url": f"{endpoint.url}/feed"} | values))


def update(source: InventorySource) -> UnifiedJob:
    return launch(source, user=None, answers=LaunchAnswers())


def record_of(run: UnifiedJob) -> str:
    return as_text(lines_of(events_of(run, run.attempts.all())))


def variables_of(row: Host | Group | Inventory) -> Any:
    row.refresh_from_db()
    return json.loads(row.variables) if row.variables else {}


def content_of(inventory: Inventory) -> dict[str, Any]:
    """All that an update writes."""
    inventory.refresh_from_db()
    return {
        "variables": inventory.variables,
        "hosts": list(
            inventory.hosts.order_by("name").values("pk", "name", "variables", "enabled", "modified")
        ),
        "groups": list(inventory.groups.order_by("name").values("pk", "name", "variables", "modified")),
        "members": sorted(inventory.groups.values_list("name", "hosts__name", "children__name"), key=str),
    }


def test_update_writes_hosts_groups_and_variables(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint, enabled_var="state", enabled_value="up")
    inventory = source.inventory
    run = update(source)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.kind, done.status, done.job_explanation) == (JobKind.INVENTORY_UPDATE, "successful", "")
    web1, web2 = inventory.hosts.order_by("name")
    assert (variables_of(web1), variables_of(web2)) == (
        {"rack": 1, "state": "up"},
        {"rack": 2, "state": "down"},
    )
    assert (web1.enabled, web2.enabled) == (True, False)
    prod, web = inventory.groups.order_by("name")
    assert (prod.name, web.name) == ("prod", "web")
    assert list(prod.children.all()) == [web]
    assert list(web.hosts.order_by("name")) == [web1, web2]
    assert variables_of(web) == {"belfry_scheme": "http"}
    assert variables_of(inventory) == {"region": "north"}
    assert list(source.hosts.order_by("name")) == [web1, web2]
    assert list(source.groups.order_by("name")) == [prod, web]
    [sent] = endpoint.requests
    assert (sent["method"], sent["path"], sent["body"]) == ("GET", "/feed", b"")
    assert f"GET {endpoint.url}/feed" in record_of(done)
    assert "2 hosts" in record_of(done)


def test_second_update_changes_nothing(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint)
    start_engine()
    wait_until_finished(update(source))
    before = content_of(source.inventory)

    wait_until_finished(update(source))

    assert content_of(source.inventory) == before


def test_without_overwrite_what_is_there_stays_and_variables_are_joined(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory(variables="owner: team-a")
    web1 = make_host(inventory, name="web1", variables="rack: 9\nowner: me")
    hand = make_host(inventory, name="hand")
    group = make_group(inventory, name="web", hosts=(hand,))
    source = source_of(endpoint, inventory)
    start_engine()
    wait_until_finished(update(source))
    endpoint.feed = ["web3"]

    wait_until_finished(update(source))

    assert set(inventory.hosts.values_list("name", flat=True)) == {"hand", "web1", "web2", "web3"}
    assert set(group.hosts.values_list("name", flat=True)) == {"hand", "web1", "web2"}
    assert variables_of(web1) == {"rack": 1, "owner": "me", "state": "up"}
    assert variables_of(inventory) == {"owner": "team-a", "region": "north"}


def test_overwrite_removes_what_the_source_named_and_names_no_longer(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory()
    hand = make_host(inventory, name="hand")
    other = make_host(inventory, name="other")
    source_of(endpoint, inventory).hosts.add(other)
    source = source_of(endpoint, inventory, overwrite=True)
    start_engine()
    wait_until_finished(update(source))
    Group.objects.get(name="web").hosts.add(hand)
    endpoint.feed = {"web": {"hosts": ["web2", "web3"]}}

    wait_until_finished(update(source))

    assert set(inventory.hosts.values_list("name", flat=True)) == {"hand", "other", "web2", "web3"}
    assert list(inventory.groups.values_list("name", flat=True)) == ["web"]
    assert set(Group.objects.get().hosts.values_list("name", flat=True)) == {"web2", "web3"}


def test_overwrite_vars_replaces_variables(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory(variables="owner: team-a")
    web1 = make_host(inventory, name="web1", variables="owner: me")
    source = source_of(endpoint, inventory, overwrite_vars=True)

    start_engine()

    wait_until_finished(update(source))
    assert variables_of(web1) == {"rack": 1, "state": "up"}
    assert variables_of(inventory) == {"region": "north"}


def test_feed_of_a_project_and_host_filter(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(
        endpoint,
        source="scm",
        feed_url="",
        source_project=make_project(scm_url=endpoint.url),
        source_path="feed",
        host_filter="2$",
    )

    start_engine()

    [done] = wait_until_finished(update(source))
    assert done.status == Status.SUCCESSFUL, done.job_explanation
    assert [host.name for host in source.inventory.hosts.all()] == ["web2"]


@pytest.mark.parametrize(
    ("path", "feed", "reason", "words"),
    [
        ("/feed", b"<html>", Outcome.INVALID_DOCUMENT, "The feed is not JSON."),
        ("/feed", {"web": 3}, Outcome.INVALID_DOCUMENT, "the group web is not an object"),
        ("/feed", {"a": {"children": ["a"]}}, Outcome.INVALID_DOCUMENT, "is within itself"),
        ("/feed", {"a\x00b": []}, Outcome.INVALID_DOCUMENT, "by what is no name"),
        ("/endless", b"", Outcome.INVALID_DOCUMENT, f"longer than {MAX_DOCUMENT // 1024 // 1024} MiB"),
        ("/status/500", b"", Outcome.HTTP_STATUS, "answered 500"),
        ("/reset", b"", Outcome.CONNECT, "closed the connection"),
    ],
)
def test_failed_update_says_why_and_leaves_the_inventory(  # noqa: PLR0917
    endpoint: Service,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    path: str,
    feed: Any,
    reason: str,
    words: str,
) -> None:
    endpoint.feed = feed
    source = source_of(endpoint, feed_url=endpoint.url + path, overwrite=True)
    source.hosts.add(make_host(source.inventory, name="old"))

    start_engine()

    [done] = wait_until_finished(update(source))
    assert (done.status, done.failure_reason) == (Status.FAILED, reason)
    assert words in done.job_explanation
    assert words in record_of(done)
    assert [host.name for host in source.inventory.hosts.all()] == ["old"]


def test_values_that_the_database_refuses_fail_the_update(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    endpoint.feed = b'{"_meta": {"hostvars": {"web1": {"text": "a\\u0000b", "half": "\\ud800"}}}}'
    source = source_of(endpoint)

    start_engine()

    [done] = wait_until_finished(update(source))
    assert (done.status, done.failure_reason) == (Status.FAILED, Outcome.INVALID_DOCUMENT)
    assert not Host.objects.exists()


def test_source_without_a_feed_ends_with_that_reason(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    start_engine()

    [done] = wait_until_finished(update(make_source()))
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert "neither an endpoint nor a base URL" in done.job_explanation


def test_private_address_is_not_called(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint)

    start_engine(allowed=AllowList())

    [done] = wait_until_finished(update(source))
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.FORBIDDEN_ADDRESS)
    assert endpoint.requests == []


def test_update_of_a_deleted_source_ends_and_writes_nothing(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint)
    run = update(source)
    InventorySource.objects.filter(pk=source.pk).delete()

    start_engine()

    [done] = wait_until_finished(run)
    assert done.status == Status.SUCCESSFUL
    assert not Host.objects.exists()


def test_update_of_an_inventory_that_is_being_deleted_writes_nothing(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint)
    Inventory.objects.update(pending_deletion=True)

    start_engine()

    [done] = wait_until_finished(update(source))
    assert done.status == Status.SUCCESSFUL
    assert not Host.objects.exists()


def test_schedule_of_a_source_fires_an_update(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    source = source_of(endpoint)
    make_schedule(HOURLY, template=source, now=datetime(2019, 12, 31, 23, tzinfo=UTC))

    assert launch_due(MIDNIGHT).launched == 1

    run = UnifiedJob.objects.get()
    start_engine()
    [done] = wait_until_finished(run)
    assert (done.kind, done.launch_type, done.scheduled_for, done.status) == (
        JobKind.INVENTORY_UPDATE,
        LaunchType.SCHEDULED,
        MIDNIGHT,
        Status.SUCCESSFUL,
    )
    assert Occurrence.objects.get().job == run
    assert source.inventory.hosts.count() == 2
