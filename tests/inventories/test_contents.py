import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventories.contents import contents_of
from inventories.copying import copy
from inventories.models import Group, Host
from inventories.script import script
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


def test_many_hosts_are_read_and_copied_in_few_statements() -> None:
    inventory = make_inventory()
    Host.objects.bulk_create(
        Host(inventory=inventory, name=f"host{n:05}.example.com", variables=f"n: {n}") for n in range(2_000)
    )
    groups = Group.objects.bulk_create(Group(inventory=inventory, name=f"group{n}") for n in range(100))
    in_group = Group.hosts.through
    in_group.objects.bulk_create(
        in_group(host=host, group=groups[n % 100]) for n, host in enumerate(inventory.hosts.all())
    )

    with CaptureQueriesContext(connection) as reading:
        document = script(contents_of(inventory), hostvars=True)
    with CaptureQueriesContext(connection) as copying:
        copied = copy(inventory, name="second", user=None)

    assert len(document["_meta"]["hostvars"]) == copied.hosts.count() == 2_000
    assert len(reading) == 4
    assert len(copying) < 30
