from typing import Any

import pytest

from access.activity import ActivityStream
from inventories.models import Host
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db

CREATE, DELETE = "/api/v2/bulk/host_create/", "/api/v2/bulk/host_delete/"


def test_all_that_is_done_in_bulk_is_listed() -> None:
    client = client_of(make_user())

    listed = client.get("/api/v2/bulk/", headers={"Accept": "*/*"})

    names = ("host_create", "host_delete", "job_launch")
    assert listed.json() == {name: f"/api/v2/bulk/{name}/" for name in names}
    assert listed["Allow"] == "GET, OPTIONS"
    assert client.options("/api/v2/bulk/").json()["renders"] == ["text/html", "application/json"]
    assert client.get(CREATE)["Allow"] == "GET, POST, OPTIONS"


def test_hosts_are_made_together() -> None:
    inventory = make_inventory()
    client = client_of(holder(inventory, "admin_role"))

    answer = client.post(
        CREATE, {"inventory": inventory.pk, "hosts": [{"name": "a", "variables": "b: 1"}, {"name": "c:80"}]}
    )

    first, second = Host.objects.order_by("pk")
    path = f"/api/v2/inventories/{inventory.pk}/"
    assert answer.status_code == 201
    assert answer.json()["url"] == path
    assert answer.json()["hosts"][0] == {
        "id": first.pk,
        "url": f"/api/v2/hosts/{first.pk}/",
        "inventory": path,
        "name": "a",
        "description": "",
        "enabled": True,
        "instance_id": "",
        "variables": "b: 1",
    }
    assert (second.name, second.variables) == ("c", '{"ansible_ssh_port": 80}')
    assert ActivityStream.objects.latest("id").changes == {"total_hosts": [0, 2]}


@pytest.mark.parametrize(
    ("hosts", "errors"),
    [
        ([], {"hosts": ["This list may not be empty."]}),
        ("x", {"hosts": ['Expected a list of items but got type "str".']}),
        ([{"name": ""}], {"hosts": {"0": {"name": ["This field may not be blank."]}}}),
        (
            [{"name": "new"}, {"name": "there"}, {"name": "new"}],
            {
                "__all__": [
                    "Hostnames must be unique in an inventory. Duplicates found: ['new', 'there', 'new']"
                ]
            },
        ),
        ([{"name": "group"}], {"__all__": ["A Group with that name already exists."]}),
        (
            [{"name": f"h{n}"} for n in range(101)],
            {"__all__": ["Number of hosts exceeds system setting BULK_HOST_MAX_CREATE"]},
        ),
    ],
)
def test_bad_hosts_are_refused_together(hosts: Any, errors: dict[str, Any]) -> None:
    inventory = make_inventory()
    make_host(inventory, name="there")
    make_group(inventory, name="group")

    answer = client_of(make_superuser()).post(CREATE, {"inventory": inventory.pk, "hosts": hosts})

    assert (answer.status_code, answer.json()) == (400, errors)
    assert Host.objects.count() == 1


def test_hosts_are_made_by_administrators_only() -> None:
    inventory = make_inventory()
    client = client_of(holder(inventory, "use_role"))

    answer = client.post(CREATE, {"inventory": inventory.pk, "hosts": [{"name": "a"}]})

    text = f"Inventory with id {inventory.pk} not found or lack permissions to add hosts."
    assert (answer.status_code, answer.json()) == (400, {"__all__": [text]})
    assert client_of(None).post(CREATE, {}).status_code == 401


def test_hosts_are_deleted_together() -> None:
    one, other = make_host(), make_host()
    kept = make_host(one.inventory)

    answer = client_of(make_superuser()).post(DELETE, {"hosts": [one.pk, other.pk]})

    assert answer.status_code == 201
    assert answer.json() == {
        "hosts": {str(host): f"The host {name} was deleted" for host, name in NAMES(one, other)}
    }
    assert list(Host.objects.all()) == [kept]
    assert ActivityStream.objects.filter(operation="update", object1="inventory").count() == 2


def NAMES(*hosts: Host) -> list[tuple[int, str]]:  # noqa: N802
    return [(host.pk, host.name) for host in hosts]


def test_hosts_that_cannot_be_deleted_are_named() -> None:
    host = make_host()
    stranger = client_of(make_user())

    answer = client_of(make_superuser()).post(DELETE, {"hosts": [host.pk, 999999]})

    text = "Hosts do not exist or you lack permission to delete it"
    assert (answer.status_code, answer.json()) == (400, {"hosts": {"999999": text}})
    refused = stranger.post(DELETE, {"hosts": [host.pk]})
    assert refused.status_code == 403
    assert refused.json() == {
        "inventories": {host.inventory.name: "Lack permissions to delete hosts from this inventory."}
    }
    assert Host.objects.exists()
