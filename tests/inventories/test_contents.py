import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventories.contents import contents_of
from inventories.copying import copy
from inventories.models import Group, Host, Inventory
from inventories.script import script
from tests.factories.access import client_of, make_superuser
from tests.factories.inventories import make_group, make_host, make_inventory

pytestmark = pytest.mark.django_db


def test_smart_inventory_lends_its_own_variables_only() -> None:
    inventory = make_inventory(variables="a: 1")
    make_group(inventory, hosts=(make_host(inventory, name="web", variables="b: 2"),), variables="c: 3")
    smart = make_inventory(
        kind="smart", host_filter="name=web", organization=inventory.organization, variables="d: 4"
    )

    contents = contents_of(smart)

    assert (contents.variables, contents.groups) == ({"d": 4}, {})
    assert [host.variables for host in contents.hosts] == [{"b": 2}]


def test_filter_that_became_unreadable_finds_nothing() -> None:
    smart = make_inventory(kind="smart", host_filter="nosuch=1")

    assert contents_of(smart).hosts == []


@pytest.mark.slow
def test_ten_thousand_hosts_stay_quick() -> None:
    inventory = make_inventory()
    Host.objects.bulk_create(
        Host(inventory=inventory, name=f"host{n:05}.example.com", variables=f"n: {n}") for n in range(10_000)
    )
    groups = Group.objects.bulk_create(Group(inventory=inventory, name=f"group{n}") for n in range(100))
    in_group = Group.hosts.through
    in_group.objects.bulk_create(
        in_group(host=host, group=groups[n % 100]) for n, host in enumerate(inventory.hosts.all())
    )
    client = client_of(make_superuser())

    begun = time.monotonic()
    for path in (
        "inventories/",
        f"inventories/{inventory.pk}/hosts/?page_size=200&page=50",
        "hosts/?search=host09999",
        "hosts/?order_by=-id&host_filter=groups__name=group7",
        f"groups/{groups[0].pk}/all_hosts/",
    ):
        assert client.get(f"/api/v2/{path}").status_code == 200
    lists = time.monotonic() - begun
    begun = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        document = script(contents_of(inventory), hostvars=True)
    reading = time.monotonic() - begun
    begun = time.monotonic()
    copied = copy(inventory, name="second", user=None)
    copying = time.monotonic() - begun

    assert len(document["_meta"]["hostvars"]) == 10_000
    assert len(queries) == 4
    assert copied.hosts.count() == 10_000
    assert Inventory.objects.count() == 2
    assert (lists < 10, reading < 10, copying < 20) == (True, True, True)
