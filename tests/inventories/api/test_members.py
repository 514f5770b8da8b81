"""Hosts and groups."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from inventories.models import Group, Host
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db

HOSTS, GROUPS = "/api/v2/hosts/", "/api/v2/groups/"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def test_host_comes_back_as_it_was_sent(admin: APIClient) -> None:
    sent = {
        "name": "api.example.com",
        "description": "the one",
        "inventory": make_inventory().pk,
        "enabled": False,
        "instance_id": "i-5",
        "variables": "---\nbelfry_url: https://x/\n",
    }

    answer = admin.post(HOSTS, sent)

    body = answer.json()
    assert (answer.status_code, {name: body[name] for name in sent}) == (201, sent)
    assert body["summary_fields"]["inventory"]["total_hosts"] == 1
    assert body["summary_fields"]["groups"] == {"count": 0, "results": []}
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path
        assert admin.options(path).status_code == 200, path


def test_group_comes_back_as_it_was_sent(admin: APIClient) -> None:
    sent = {"name": "web", "description": "x", "inventory": make_inventory().pk, "variables": '{"a":  1}'}

    answer = admin.post(GROUPS, sent)

    body = answer.json()
    assert (answer.status_code, {name: body[name] for name in sent}) == (201, sent)
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path
        assert admin.options(path).status_code == 200, path


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": "there"}, {"__all__": ["Host with this Name and Inventory already exists."]}),
        ({"name": "group"}, {"__all__": ["A Group with that name already exists."]}),
        ({"name": "a:x"}, {"name": ["Invalid port specification: x"]}),
        ({"name": "a:70000"}, {"name": ["Invalid port specification: 70000"]}),
        ({"variables": "[]"}, None),
        ({"inventory": 999999}, {"inventory": ['Invalid pk "999999" - object does not exist.']}),
        ({"enabled": "x"}, {"enabled": ["Must be a valid boolean."]}),
    ],
)
def test_bad_host_is_refused(admin: APIClient, sent: dict[str, Any], errors: dict[str, Any] | None) -> None:
    inventory = make_inventory()
    make_host(inventory, name="there")
    make_group(inventory, name="group")

    answer = admin.post(HOSTS, {"name": "x", "inventory": inventory.pk} | sent)

    assert answer.status_code == 400
    assert errors is None or answer.json() == errors
    assert Host.objects.count() == 1


def test_group_cannot_have_the_name_of_a_host(admin: APIClient) -> None:
    host = make_host()

    answer = admin.post(GROUPS, {"name": host.name, "inventory": host.inventory_id})

    assert answer.json() == {"__all__": ["A Host with that name already exists."]}


def test_port_of_a_name_becomes_a_variable(admin: APIClient) -> None:
    made = admin.post(HOSTS, {"name": "a:8443", "inventory": make_inventory().pk, "variables": "b: 1"}).json()

    assert (made["name"], made["variables"]) == ("a", '{"b": 1, "ansible_ssh_port": 8443}')


def test_hosts_and_groups_stay_in_their_inventory(admin: APIClient) -> None:
    host, group, other = make_host(), make_group(), make_inventory()
    mine = client_of(holder(group.inventory, "admin_role"))

    answer = admin.patch(f"{HOSTS}{host.pk}/", {"inventory": other.pk})

    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "Unable to change inventory on a host."},
    )
    assert admin.patch(f"{HOSTS}{host.pk}/", {"inventory": host.inventory_id}).status_code == 200
    answer = mine.patch(f"{GROUPS}{group.pk}/", {"inventory": other.pk})
    assert answer.json() == {"detail": "Unable to change inventory on a group."}
    assert admin.put(f"{GROUPS}{group.pk}/", {"name": "renamed"}).json()["name"] == "renamed"


def test_hosts_are_put_into_groups(admin: APIClient) -> None:
    host = make_host()
    group, stranger = make_group(host.inventory), make_group()
    path = f"{GROUPS}{group.pk}/hosts/"

    assert admin.post(path, {"id": host.pk}).status_code == 204
    assert ids(admin.get(path)) == [host.pk]
    assert ids(admin.get(f"{HOSTS}{host.pk}/groups/")) == [group.pk]
    assert admin.get(f"{HOSTS}{host.pk}/").json()["summary_fields"]["groups"]["count"] == 1
    assert admin.post(path, {"id": host.pk, "disassociate": True}).status_code == 204
    assert ids(admin.get(path)) == []
    refused = admin.post(f"{GROUPS}{stranger.pk}/hosts/", {"id": host.pk})
    assert (refused.status_code, refused.json()) == (
        400,
        {"detail": "Cannot associate two items from different inventories."},
    )


def test_host_made_in_a_group_is_in_its_inventory(admin: APIClient) -> None:
    group = make_group()
    path = f"{GROUPS}{group.pk}/hosts/"

    made = admin.post(path, {"name": "new"})
    again = admin.post(path, {"name": "new", "variables": "---"})
    different = admin.post(path, {"name": "new", "variables": "a: 1"})

    assert (made.status_code, made.json()["inventory"]) == (201, group.inventory_id)
    assert (again.status_code, different.status_code) == (204, 400)
    assert made.json()["summary_fields"]["inventory"]["total_hosts"] == 1


def test_hosts_below_are_in_a_group_too(admin: APIClient) -> None:
    top = make_group()
    low = make_group(below=top)
    host = make_host(top.inventory)
    low.hosts.add(host)
    other = make_group(top.inventory)

    assert ids(admin.get(f"{GROUPS}{top.pk}/hosts/")) == []
    assert ids(admin.get(f"{GROUPS}{top.pk}/all_hosts/")) == [host.pk]
    assert sorted(ids(admin.get(f"{HOSTS}{host.pk}/all_groups/"))) == [top.pk, low.pk]
    assert ids(admin.get(f"{GROUPS}{top.pk}/potential_children/")) == [other.pk]
    roots = ids(admin.get(f"/api/v2/inventories/{top.inventory_id}/root_groups/"))
    assert sorted(roots) == [top.pk, other.pk]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_circles_are_refused(admin: APIClient, number: int) -> None:
    top = make_group()
    middle = make_group(below=top)
    low = make_group(below=middle)
    child = (top, middle, low)[number]

    answer = admin.post(f"{GROUPS}{low.pk}/children/", {"id": child.pk})

    assert (answer.status_code, answer.json()) == (400, {"error": "Cyclical Group association."})
    assert admin.post(f"{GROUPS}{top.pk}/children/", {"id": low.pk}).status_code == 204


def test_with_a_group_goes_what_is_in_no_other(admin: APIClient) -> None:
    top = make_group()
    inventory = top.inventory
    other = make_group(inventory)
    low, shared = make_group(below=top), make_group(below=top)
    other.children.add(shared)
    gone, kept, lonely = make_host(inventory), make_host(inventory), make_host(inventory)
    low.hosts.add(gone, kept)
    shared.hosts.add(kept)

    assert admin.delete(f"{GROUPS}{top.pk}/").status_code == 204

    assert set(Group.objects.values_list("pk", flat=True)) == {other.pk, shared.pk}
    assert set(Host.objects.values_list("pk", flat=True)) == {kept.pk, lonely.pk}
    assert ActivityStream.objects.filter(operation="delete").count() == 1


def test_what_is_taken_out_of_an_inventory_is_deleted(admin: APIClient) -> None:
    host, other = make_host(), make_host()
    path = f"/api/v2/inventories/{host.inventory_id}/hosts/"

    assert admin.post(path, {"id": host.pk}).status_code == 204
    assert admin.post(path, {"id": other.pk}).status_code == 400
    assert admin.post(path, {"id": other.pk, "disassociate": True}).status_code == 400
    assert admin.post(path, {"id": host.pk, "disassociate": True}).status_code == 204

    assert list(Host.objects.all()) == [other]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name=web1", ["web1"]),
        ("name__startswith=web", ["web1", "web2"]),
        ("groups__name=prod", ["web1"]),
        ("groups__name=prod or name=db", ["db", "web1"]),
        ("(name=db or name=web2) and enabled=false", ["web2"]),
        ("search=DB", ["db"]),
        ("inventory__name=nosuch", []),
    ],
)
def test_host_filter_chooses(admin: APIClient, text: str, found: list[str]) -> None:
    inventory = make_inventory()
    web = make_host(inventory, name="web1")
    make_host(inventory, name="web2", enabled=False)
    make_host(inventory, name="db")
    make_group(inventory, name="prod", hosts=(web,))

    answer = admin.get(HOSTS, {"host_filter": text})

    assert [row["name"] for row in answer.json()["results"]] == found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"host_filter": "x"}, "Invalid query x"),
        ({"host_filter": "nosuch=1"}, "Host has no field named 'nosuch'"),
        ({"host_filter": "limit=1"}, "Host has no field named 'limit'"),
        ({"host_filter": "created_by__password=1"}, "Filtering on password is not allowed."),
        ({"host_filter": "name=\0"}, "Null characters are not allowed."),
        ({"nosuch": "1"}, "Host has no field named 'nosuch'"),
        ({"page": "9"}, "Invalid page."),
    ],
)
def test_bad_query_of_hosts_is_an_error(admin: APIClient, query: dict[str, str], text: str) -> None:
    answer = admin.get(HOSTS, query)

    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_reader_of_an_inventory_reads_its_hosts_and_groups() -> None:
    host = make_host()
    group = make_group(host.inventory, hosts=(host,))
    make_host()
    reader = client_of(holder(host.inventory, "read_role"))

    assert ids(reader.get(HOSTS)) == [host.pk]
    assert ids(reader.get(GROUPS)) == [group.pk]
    assert reader.get(f"{HOSTS}{host.pk}/variable_data/").status_code == 200
    assert reader.put(f"{HOSTS}{host.pk}/variable_data/", {"a": 1}).status_code == 403
    assert reader.patch(f"{HOSTS}{host.pk}/", {"name": "x"}).status_code == 403
    assert reader.post(f"{GROUPS}{group.pk}/hosts/", {"id": host.pk}).status_code == 403
    assert reader.post(f"{GROUPS}{group.pk}/hosts/", {"name": "x"}).status_code == 403
    assert reader.delete(f"{GROUPS}{group.pk}/").status_code == 403


def test_nothing_can_be_commanded(admin: APIClient) -> None:
    host = make_host()

    commands = f"{HOSTS}{host.pk}/ad_hoc_commands/"
    reader = client_of(holder(host.inventory, "read_role"))

    answer = admin.post(commands, {"credential": 1, "module_args": "uptime"})

    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert list(admin.post(commands, {}).json()) == ["credential", "module_args"]
    assert admin.get(f"{HOSTS}999999/ad_hoc_commands/").status_code == 404
    assert reader.get(commands).json()["count"] == 0
    assert reader.post(commands, {}).status_code == 403
    assert client_of(make_user()).get(commands).status_code == 403
