from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import Role, User
from instances.models import InstanceGroup
from inventories.models import Group, Host, Inventory
from inventories.tasks import delete_inventories
from jobs.models import Label, UnifiedJob
from jobs.placing import preferred_groups
from jobs.statuses import JobKind, Status
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.inventories import make_group, make_host, make_inventory, make_source
from tests.factories.jobs import make_job_template
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db

LIST = "/api/v2/inventories/"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


def path_of(inventory: Inventory, rest: str = "") -> str:
    return f"{LIST}{inventory.pk}/{rest}"


def test_inventory_comes_back_as_it_was_sent(admin: APIClient) -> None:
    sent = {
        "name": "Europe",
        "description": "All of it",
        "organization": make_organization().pk,
        "host_filter": "name=a",
        "variables": "# comment\na:   1\n",
        "prevent_instance_group_fallback": True,
    }

    answer = admin.post(LIST, sent)

    body = answer.json()
    assert (answer.status_code, {name: body[name] for name in sent}) == (201, sent)
    assert (body["kind"], body["total_hosts"], body["pending_deletion"]) == ("", 0, False)
    assert sorted(body["summary_fields"]["object_roles"]) == [
        *("adhoc_role", "admin_role", "read_role", "update_role", "use_role")
    ]
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path
        assert admin.options(path).status_code == 200, path


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"organization": None}, {"organization": ["This field may not be null."]}),
        ({"organization": 999999}, {"organization": ['Invalid pk "999999" - object does not exist.']}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"kind": "x"}, {"kind": ['"x" is not a valid choice.']}),
        ({"kind": "smart"}, {"host_filter": ["Smart inventories must specify host_filter"]}),
        ({"kind": "smart", "host_filter": "x"}, {"host_filter": ["Invalid query x"]}),
        (
            {"kind": "smart", "host_filter": "nosuch=1"},
            {"host_filter": ["Host has no field named 'nosuch'"]},
        ),
        ({"kind": "constructed"}, {"kind": ["There are no constructed inventories here."]}),
    ],
)
def test_bad_inventory_is_refused(admin: APIClient, sent: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = admin.post(LIST, {"name": "x", "organization": make_organization().pk} | sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not Inventory.objects.exists()


def test_name_is_unique_in_an_organization(admin: APIClient) -> None:
    inventory = make_inventory()

    answer = admin.post(LIST, {"name": inventory.name, "organization": inventory.organization_id})

    assert answer.json() == {"__all__": ["Inventory with this Name and Organization already exists."]}


def test_kind_stays(admin: APIClient) -> None:
    inventory = make_inventory()

    answer = admin.patch(path_of(inventory), {"kind": "smart", "host_filter": "name=a"})

    assert answer.status_code == 405
    assert answer.json()["error"].startswith("You cannot turn a regular inventory")
    assert admin.patch(path_of(inventory), {"kind": ""}).status_code == 200


def test_deletion_is_marked_and_then_done(admin: APIClient) -> None:
    inventory = make_inventory()
    host = make_host(inventory)
    make_group(inventory, hosts=(host,))

    assert admin.delete(path_of(inventory)).status_code == 202

    assert admin.get(path_of(inventory)).json()["pending_deletion"] is True
    again = admin.delete(path_of(inventory))
    assert (again.status_code, again.json()) == (400, {"error": "Inventory is already pending deletion."})
    refused = admin.delete(f"/api/v2/hosts/{host.pk}/")
    assert refused.json() == {"error": "The inventory for this host is already being deleted."}
    assert ActivityStream.objects.filter(operation="delete", object1="inventory").count() == 1

    assert (delete_inventories(), delete_inventories()) == (1, 0)

    assert admin.get(path_of(inventory)).status_code == 404
    assert not Host.objects.exists()
    assert not Group.objects.exists()
    assert not Role.objects.filter(kind="inventory").exists()


def test_inventory_outlives_its_organization(admin: APIClient) -> None:
    inventory = make_inventory()

    assert inventory.organization is not None
    inventory.organization.delete()

    assert admin.get(path_of(inventory)).json()["organization"] is None


def test_totals_can_be_filtered_and_ordered_by(admin: APIClient) -> None:
    full, empty = make_inventory(), make_inventory()
    make_host(full)
    make_group(full)

    shown = admin.get(LIST, {"order_by": "-total_hosts", "total_groups__gte": "0"}).json()["results"]

    assert [(row["id"], row["total_hosts"], row["total_groups"]) for row in shown] == [
        (full.pk, 1, 1),
        (empty.pk, 0, 0),
    ]
    assert admin.get(LIST, {"total_hosts__gt": 0}).json()["count"] == 1
    assert admin.get(LIST, {"has_active_failures": "true"}).json()["count"] == 0


def test_variables_are_shown_and_replaced_as_an_object(admin: APIClient) -> None:
    inventory = make_inventory(variables="a: 1\nb: {c: 2}\n")
    path = path_of(inventory, "variable_data/")

    assert admin.get(path).json() == {"a": 1, "b": {"c": 2}}
    assert admin.patch(path, {"organization": 5}).json() == {"organization": 5}
    assert admin.put(path, {"d": [1]}).json() == {"d": [1]}

    assert admin.get(path_of(inventory)).json()["variables"] == '{"d": [1]}'
    assert ActivityStream.objects.latest("id").changes == {"variables": ['{"organization": 5}', '{"d": [1]}']}


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_variable_that_is_no_number_of_json_is_refused(admin: APIClient, number: str) -> None:
    path = path_of(make_inventory(variables="a: 1"), "variable_data/")

    answer = admin.generic("PUT", path, f'{{"b": {number}}}', content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"variables": ["A number is out of range."]})
    assert admin.get(path).json() == {"a": 1}


def test_script_has_groups_and_variables(admin: APIClient) -> None:
    inventory = make_inventory(variables="a: 1")
    web, db = make_host(inventory, name="web"), make_host(inventory, name="db", variables="b: 2")
    make_host(inventory, name="off", enabled=False)
    top = make_group(inventory, name="top", variables="c: 3")
    make_group(name="webs", hosts=(web,), below=top)
    make_group(inventory, name="void")
    path = path_of(inventory, "script/")

    assert admin.get(path).json() == {
        "all": {"vars": {"a": 1}, "hosts": ["db"]},
        "top": {"hosts": [], "children": ["webs"], "vars": {"c": 3}},
        "webs": {"hosts": ["web"], "children": [], "vars": {}},
    }
    assert admin.get(path, {"all": 1}).json()["all"]["hosts"] == ["db", "off"]
    assert admin.get(path, {"hostvars": 1}).json()["_meta"] == {"hostvars": {"web": {}, "db": {"b": 2}}}
    tower = admin.get(path, {"hostvars": 1, "towervars": 1}).json()["_meta"]["hostvars"]["db"]
    assert tower == {
        "b": 2,
        "remote_tower_enabled": "true",
        "remote_tower_id": db.pk,
        "remote_host_enabled": "true",
        "remote_host_id": db.pk,
    }
    assert admin.get(path, {"host": "db"}).json() == {"b": 2}
    assert admin.get(path, {"host": "off"}).status_code == 404
    assert admin.get(path, {"subset": "slice2of2"}).json()["all"]["hosts"] == []


@pytest.mark.parametrize(
    ("subset", "words"),
    [
        ("x", "Subset does not use any supported syntax."),
        ("slice", "Could not parse subset as slice specification."),
        ("slice2of1", "Slice number must be less than total number of slices."),
        ("slice0of1", "Slice number must be 1 or higher."),
    ],
)
def test_bad_subset_is_refused(admin: APIClient, subset: str, words: str) -> None:
    answer = admin.get(path_of(make_inventory(), "script/"), {"subset": subset})

    assert (answer.status_code, answer.json()) == (400, {"detail": words})


def test_tree_holds_each_group_below_its_parents(admin: APIClient) -> None:
    inventory = make_inventory()
    b, a = make_group(inventory, name="b"), make_group(inventory, name="a")
    both = make_group(name="both", below=a)
    b.children.add(both)
    make_group(name="leaf", below=both)

    tree = admin.get(path_of(inventory, "tree/")).json()

    def names(rows: list[dict[str, Any]]) -> list[Any]:
        return [(row["name"], names(row["children"])) for row in rows]

    assert names(tree) == [
        ("a", [("both", [("leaf", [])])]),
        ("b", [("both", [("leaf", [])])]),
    ]


def test_copy_has_copies_of_hosts_and_groups(admin: APIClient) -> None:
    inventory = make_inventory(variables="a: 1")
    host = make_host(inventory, name="web", variables="b: 2", enabled=False)
    top = make_group(inventory, name="top")
    make_group(name="low", below=top, hosts=(host,))

    answer = admin.post(path_of(inventory, "copy/"), {"name": "second"})

    assert (answer.status_code, answer["Location"]) == (201, answer.json()["url"])
    shown = answer.json()
    assert (shown["total_hosts"], shown["total_groups"], shown["variables"]) == (1, 2, "a: 1")
    copied = Host.objects.get(inventory=shown["id"])
    assert (copied.name, copied.variables, copied.enabled) == ("web", "b: 2", False)
    assert [group.name for group in copied.groups.all()] == ["low"]
    assert [group.name for group in copied.groups.get().parents.all()] == ["top"]
    assert host.groups.get().inventory == inventory
    refused = admin.post(path_of(inventory, "copy/"), {"name": inventory.name})
    assert refused.json()["__all__"][0].startswith("The original object is already named")
    assert admin.post(path_of(inventory, "copy/"), {"name": "second"}).status_code == 400


def test_smart_inventory_finds_hosts_of_its_organization(admin: APIClient) -> None:
    organization = make_organization()
    first = make_inventory(organization=organization)
    web = make_host(first, name="web1")
    make_group(first, name="prod", hosts=(web,))
    make_host(make_inventory(organization=organization), name="web1")
    make_host(make_inventory(), name="web2")
    body = {"name": "smart", "organization": organization.pk, "kind": "smart"}

    made = admin.post(LIST, body | {"host_filter": "name__startswith=web and search=w"}).json()
    none = admin.post(LIST, body | {"name": "none", "host_filter": "groups__name=test"}).json()
    prod = admin.post(LIST, body | {"name": "prod", "host_filter": 'groups__name="prod" or id=0'}).json()

    assert [one["total_hosts"] for one in (made, none, prod)] == [1, 0, 1]
    assert "groups" not in made["related"]
    hosts = admin.get(made["related"]["hosts"]).json()
    assert [row["id"] for row in hosts["results"]] == [web.pk]
    smart = admin.get(f"/api/v2/hosts/{web.pk}/smart_inventories/").json()["results"]
    assert [row["name"] for row in smart] == ["prod", "smart"]
    assert admin.get(made["related"]["script"]).json() == {"all": {"hosts": ["web1"]}}
    refused = admin.post(made["related"]["hosts"], {"name": "new"})
    assert refused.json() == {
        "inventory": {"detail": "Cannot create Host for Smart or Constructed Inventories"}
    }
    secret = admin.patch(made["url"], {"host_filter": "inventory__organization__teams__name=x"})
    assert secret.json() == {
        "host_filter": [
            "The filter of a smart inventory cannot look at inventory__organization__teams__name."
        ]
    }


def test_sources_are_counted(admin: APIClient) -> None:
    inventory = make_inventory()
    host = make_host(inventory)
    for name in ("good", "bad"):
        source = make_source(inventory, name=name)
        for status in (Status.FAILED, Status.SUCCESSFUL)[: 2 if name == "good" else 1]:
            UnifiedJob.objects.create(
                kind=JobKind.INVENTORY_UPDATE,
                name=name,
                unified_job_template=source.template,
                status=status,
                finished=timezone.now(),
            )
    source.hosts.add(host)

    shown = admin.get(path_of(inventory)).json()

    names = ("has_inventory_sources", "total_inventory_sources", "inventory_sources_with_failures")
    assert [shown[name] for name in names] == [True, 2, 1]
    assert admin.get(f"/api/v2/hosts/{host.pk}/").json()["has_inventory_sources"] is True
    sources = admin.get(f"/api/v2/hosts/{host.pk}/inventory_sources/").json()["results"]
    assert [row["name"] for row in sources] == ["bad"]


def test_templates_of_an_inventory_are_listed(admin: APIClient) -> None:
    inventory = make_inventory()
    template = make_job_template(inventory=inventory)
    make_job_template()

    shown = admin.get(path_of(inventory, "job_templates/")).json()["results"]

    assert [row["id"] for row in shown] == [template.pk]


@pytest.mark.parametrize("alone", [False, True])
def test_runs_go_where_the_inventory_says(alone: bool) -> None:
    organization = make_organization()
    inventory = make_inventory(organization=organization, prevent_instance_group_fallback=alone)
    template = make_job_template(organization=organization, inventory=inventory)
    near, far = (InstanceGroup.objects.create(name=name) for name in ("near", "far"))
    inventory.instance_groups.add(near)
    organization.instance_groups.add(far)

    assert preferred_groups(template) == ([near.pk] if alone else [near.pk, far.pk])


def test_labels_are_attached_and_shown(admin: APIClient) -> None:
    inventory = make_inventory()
    path = path_of(inventory, "labels/")

    made = admin.post(path, {"name": "nightly", "organization": inventory.organization_id})

    label = {"id": made.json()["id"], "name": "nightly"}
    shown = admin.get(path_of(inventory)).json()["summary_fields"]["labels"]
    assert shown == {"count": 1, "results": [label]}
    assert admin.get(LIST, {"labels__name": "nightly"}).json()["count"] == 1
    assert admin.post(path, {"id": label["id"], "disassociate": True}).status_code == 204
    assert not Label.objects.exists()


def test_instance_groups_are_attached_and_copied(admin: APIClient) -> None:
    inventory = make_inventory()
    group = InstanceGroup.objects.create(name="near")
    path = path_of(inventory, "instance_groups/")

    assert admin.post(path, {"id": group.pk}).status_code == 204

    copied = admin.post(path_of(inventory, "copy/"), {"name": "second"}).json()
    for shown in (path, copied["related"]["instance_groups"]):
        assert [row["id"] for row in admin.get(shown).json()["results"]] == [group.pk]


def test_activity_of_an_inventory_has_that_of_its_hosts(admin: APIClient) -> None:
    inventory = admin.post(LIST, {"name": "x", "organization": make_organization().pk}).json()
    host = admin.post(inventory["related"]["hosts"], {"name": "h"}).json()
    group = admin.post(host["related"]["groups"], {"name": "g"}).json()

    def kinds(path: str) -> list[str]:
        rows = admin.get(path).json()["results"]
        return [f"{row['operation']} {row['object1']}" for row in rows]

    own = ["create inventory", "create host", "associate host", "create group"]
    assert kinds(inventory["related"]["activity_stream"]) == own
    assert kinds(host["related"]["activity_stream"]) == ["create inventory", "create host", "associate host"]
    assert kinds(group["related"]["activity_stream"]) == ["create host", "associate host", "create group"]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("", [403, 403, 403, 403, 403, 403]),
        ("read_role", [200, 403, 403, 403, 403, 403]),
        ("use_role", [200, 403, 403, 403, 403, 403]),
        ("update_role", [200, 403, 403, 403, 403, 403]),
        ("adhoc_role", [200, 403, 403, 403, 403, 403]),
        ("admin_role", [200, 200, 201, 201, 403, 202]),
    ],
)
def test_roles_open_an_inventory(role: str, expected: list[int]) -> None:
    inventory = make_inventory()
    client = client_of(holder(inventory, role) if role else make_user())
    path = path_of(inventory)

    found = [
        client.get(path).status_code,
        client.patch(path, {"name": "other"}).status_code,
        client.post(f"{path}hosts/", {"name": "h"}).status_code,
        client.post("/api/v2/groups/", {"name": "g", "inventory": inventory.pk}).status_code,
        client.post(f"{path}copy/", {"name": "copy"}).status_code,
        client.delete(path).status_code,
    ]

    assert found == expected
    assert client.get(LIST).json()["count"] == (1 if role else 0)
    assert client_of(None).get(path).status_code == 401


def test_organizations_administrator_of_inventories_makes_them() -> None:
    organization, other = make_organization(), make_organization()
    client = client_of(holder(organization, "inventory_admin_role"))

    made = client.post(LIST, {"name": "x", "organization": organization.pk})

    assert made.status_code == 201
    assert made.json()["summary_fields"]["user_capabilities"] == dict.fromkeys(
        ("edit", "delete", "copy", "adhoc"), True
    )
    assert client.patch(made.json()["url"], {"host_filter": "name=a"}).status_code == 200
    assert client.patch(made.json()["url"], {"organization": other.pk}).status_code == 403
    assert client.post(LIST, {"name": "x", "organization": other.pk}).status_code == 403
    assert client.get(f"/api/v2/organizations/{organization.pk}/inventories/").json()["count"] == 1


def test_filter_is_not_for_administrators_of_one_inventory() -> None:
    inventory = make_inventory()
    client = client_of(holder(inventory, "admin_role"))

    assert client.patch(path_of(inventory), {"host_filter": "name=a"}).status_code == 403


def test_lists_cost_the_same_however_long(admin: APIClient) -> None:
    user: User = make_user(is_system_auditor=True)

    def statements(path: str) -> int:
        client = client_of(user)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    def fill() -> None:
        inventory = make_inventory()
        host = make_host(inventory)
        make_group(inventory, hosts=(host, make_host(inventory)))
        Inventory.objects.create(
            name=f"smart {inventory.pk}",
            organization=inventory.organization,
            kind="smart",
            host_filter="name__icontains=host",
        )

    fill()
    paths = [LIST, "/api/v2/hosts/", "/api/v2/groups/"]
    few = [statements(path) for path in paths]
    for _ in range(3):
        fill()

    assert [statements(path) for path in paths] == few
