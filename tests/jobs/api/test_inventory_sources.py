from typing import Any

import pytest
from rest_framework.test import APIClient

from inventories.models import Inventory
from jobs.launching import launch
from jobs.models import InventorySource, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, Status
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_group, make_host, make_inventory, make_source
from tests.factories.jobs import make_organization, make_project
from tests.factories.roles import give, holder
from tests.jobs.api.conftest import client_of

LIST = "/api/v2/inventory_sources/"
FEED = "https://cmdb.example.com/hosts"


def path_of(source: InventorySource, below: str = "") -> str:
    return f"{LIST}{source.pk}/{below}"


def update(source: InventorySource, status: Status = Status.PENDING) -> UnifiedJob:
    run = launch(source, user=None, answers=LaunchAnswers())
    UnifiedJob.objects.filter(pk=run.pk).update(status=status)
    return UnifiedJob.objects.get(pk=run.pk)


def test_source_is_made_shown_changed_and_deleted(admin: APIClient) -> None:
    inventory = make_inventory(organization=make_organization())
    sent = {
        "name": "CMDB",
        "description": "ours",
        "inventory": inventory.pk,
        "source": "file",
        "feed_url": FEED,
        "source_vars": "---\nplugin: cmdb",
        "enabled_var": "state",
        "enabled_value": "up",
        "host_filter": "^web",
        "overwrite": True,
        "overwrite_vars": True,
        "timeout": 5,
        "verbosity": 2,
        "limit": "web*",
        "update_on_launch": True,
        "update_cache_timeout": 30,
    }

    answer = admin.post(LIST, sent)

    body = answer.json()
    assert answer.status_code == 201, body
    assert {name: body[name] for name in sent} == sent
    assert (body["type"], body["status"], body["last_updated"]) == ("inventory_source", "never updated", None)
    assert body["summary_fields"]["inventory"]["id"] == inventory.pk
    for path in body["related"].values():
        assert admin.get(path).status_code == 200, path
    assert admin.get(f"/api/v2/inventories/{inventory.pk}/").json()["total_inventory_sources"] == 1

    path = body["url"]
    assert admin.patch(path, {"overwrite": False}).json()["overwrite"] is False
    whole = {name: value for name, value in sent.items() if name != "description"}
    assert admin.put(path, whole | {"name": "Other"}).json()["name"] == "Other"
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_source_of_a_project(admin: APIClient) -> None:
    inventory, project = make_inventory(), make_project()
    sent = {"name": "x", "inventory": inventory.pk, "source": "scm", "source_path": "hosts.json"}

    refused = admin.post(LIST, sent)
    made = admin.post(LIST, sent | {"source_project": project.pk})

    assert (refused.status_code, refused.json()) == (
        400,
        {"source_project": ["Project required for scm type sources."]},
    )
    assert made.status_code == 201
    assert made.json()["summary_fields"]["source_project"]["id"] == project.pk
    listed = admin.get(f"/api/v2/projects/{project.pk}/scm_inventory_sources/").json()
    assert [one["id"] for one in listed["results"]] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"source": "x"}, {"source": ['"x" is not a valid choice.']}),
        ({"inventory": 999999}, {"inventory": ['Invalid pk "999999" - object does not exist.']}),
        ({"feed_url": "hosts.json"}, {"feed_url": ["The URL of the feed must be absolute."]}),
        ({"source_path": "x"}, {"detail": ["Cannot set source_path if not SCM type."]}),
        ({"verbosity": 7}, {"verbosity": ['"7" is not a valid choice.']}),
        ({"source_project": 999999}, {"source_project": ['Invalid pk "999999" - object does not exist.']}),
    ],
)
def test_bad_input_is_refused(admin: APIClient, sent: dict[str, Any], errors: Any) -> None:
    whole = {"name": "x", "inventory": make_inventory().pk, "source": "file"}

    answer = admin.post(LIST, whole | sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not InventorySource.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"host_filter": "("},
        {"host_filter": "(a+)+$"},
        {"source_vars": "[1"},
        {"feed_url": "ftp://x/"},
        {"feed_url": "https://user:secret@[::1/"},
        {"timeout": "soon"},
        {"name": "a\x00b"},
        {"enabled_var": {"a": 1}},
    ],
)
def test_more_bad_input_is_refused_by_its_field(admin: APIClient, sent: dict[str, Any]) -> None:
    whole = {"name": "x", "inventory": make_inventory().pk, "source": "file"}

    answer = admin.post(LIST, whole | sent)

    assert answer.status_code == 400
    assert list(answer.json()) == list(sent)


def test_what_is_missing_is_named(admin: APIClient) -> None:
    required = ["This field is required."]

    assert admin.post(LIST, {}).json() == {"name": required, "inventory": required, "source": required}


def test_name_is_unique_in_an_inventory(admin: APIClient) -> None:
    source = make_source(name="CMDB")
    sent = {"name": "CMDB", "source": "file"}

    again = admin.post(LIST, sent | {"inventory": source.inventory_id})
    elsewhere = admin.post(LIST, sent | {"inventory": make_inventory().pk})

    assert again.json() == {
        "__all__": ["InventorySource with this (inventory, name) combination already exists."]
    }
    assert (again.status_code, elsewhere.status_code) == (400, 201)


def test_source_stays_in_its_inventory(admin: APIClient) -> None:
    source = make_source()

    answer = admin.patch(path_of(source), {"inventory": make_inventory().pk})

    assert (answer.status_code, answer.json()) == (
        400,
        {"inventory": ["Cannot change the inventory of an inventory source."]},
    )


def test_smart_inventory_has_no_sources(admin: APIClient) -> None:
    inventory = make_inventory(kind="smart", host_filter="name=x")

    answer = admin.post(LIST, {"name": "x", "inventory": inventory.pk, "source": "file"})

    assert (answer.status_code, answer.json()) == (
        400,
        {"inventory": {"detail": "Cannot create Inventory Source for Smart or Constructed Inventories"}},
    )


def test_source_is_found_by_its_name(admin: APIClient) -> None:
    inventory = make_inventory(name="Fleet", organization=make_organization(name="Team A"))
    source = make_source(inventory, name="CMDB")

    answer = admin.get(f"{LIST}CMDB++Fleet++Team A/")

    assert answer.json()["id"] == source.pk
    assert answer.json()["related"]["named_url"] == f"{LIST}CMDB++Fleet++Team%20A/"


def test_source_made_below_its_inventory(admin: APIClient) -> None:
    inventory = make_inventory()
    path = f"/api/v2/inventories/{inventory.pk}/inventory_sources/"

    answer = admin.post(path, {"name": "x", "source": "ec2", "feed_url": FEED})

    assert answer.status_code == 201, answer.json()
    assert answer.json()["inventory"] == inventory.pk
    assert admin.get(path).json()["count"] == 1


def test_update_is_started_and_listed(admin: APIClient) -> None:
    source = make_source(feed_url=FEED, host_filter="^web", verbosity=2)

    assert admin.get(path_of(source, "update/")).json() == {"can_update": True}
    answer = admin.post(path_of(source, "update/"))

    run = UnifiedJob.objects.get()
    body = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == body["url"] == f"/api/v2/inventory_updates/{run.pk}/"
    assert (body["inventory_update"], body["id"], body["type"]) == (run.pk, run.pk, "inventory_update")
    assert (body["inventory_source"], body["inventory"]) == (source.pk, source.inventory_id)
    assert (body["feed_url"], body["host_filter"], body["verbosity"]) == (FEED, "^web", 2)
    assert (run.kind, run.status) == (JobKind.INVENTORY_UPDATE, Status.PENDING)
    updates = admin.get(path_of(source, "inventory_updates/")).json()
    assert [one["id"] for one in updates["results"]] == [run.pk]
    assert admin.get("/api/v2/inventory_updates/?host_filter=^web&overwrite=false").json()["count"] == 1
    assert admin.get("/api/v2/inventory_updates/?source=ec2").json()["count"] == 0
    for path in admin.get(body["url"]).json()["related"].values():
        assert admin.get(path).status_code in (200, 405), path


def test_update_keeps_the_source_as_it_was(admin: APIClient) -> None:
    source = make_source(feed_url=FEED)
    run = update(source)
    admin.patch(path_of(source), {"feed_url": "https://other.example.com/", "overwrite": True})

    shown = admin.get(f"/api/v2/inventory_updates/{run.pk}/").json()

    assert (shown["feed_url"], shown["overwrite"]) == (FEED, False)


def test_updates_of_a_whole_inventory(admin: APIClient) -> None:
    inventory = make_inventory()
    path = f"/api/v2/inventories/{inventory.pk}/update_inventory_sources/"

    assert admin.post(path).json() == {"detail": "No inventory sources to update."}
    sources = [make_source(inventory, feed_url=FEED) for _ in range(2)]
    assert admin.get(path).json() == [{"inventory_source": one.pk, "can_update": True} for one in sources]
    answer = admin.post(path)

    assert answer.status_code == 202
    assert [(one["inventory_source"], one["status"]) for one in answer.json()] == [
        (sources[0].pk, "pending"),
        (sources[1].pk, "pending"),
    ]
    assert UnifiedJob.objects.count() == 2


def test_sources_and_updates_are_in_the_unified_lists(admin: APIClient) -> None:
    source = make_source(feed_url=FEED)
    run = update(source)

    templates = admin.get("/api/v2/unified_job_templates/?type=inventory_source").json()["results"]
    jobs = admin.get("/api/v2/unified_jobs/?type=inventory_update").json()["results"]

    assert [(one["id"], one["type"]) for one in templates] == [(source.pk, "inventory_source")]
    assert [(one["id"], one["type"]) for one in jobs] == [(run.pk, "inventory_update")]


def test_update_is_canceled_and_deleted(admin: APIClient) -> None:
    run = update(make_source(feed_url=FEED))
    path = f"/api/v2/inventory_updates/{run.pk}/"

    assert admin.delete(path).status_code == 403
    assert admin.get(f"{path}cancel/").json() == {"can_cancel": True}
    assert admin.post(f"{path}cancel/").status_code == 202
    assert admin.get(path).json()["status"] == "canceled"
    assert admin.post(f"{path}cancel/").status_code == 405
    assert admin.delete(path).status_code == 204


def test_source_with_a_running_update_cannot_be_deleted(admin: APIClient) -> None:
    source = make_source(feed_url=FEED)
    run = update(source)

    answer = admin.delete(path_of(source))

    assert answer.status_code == 409
    assert answer.json()["active_jobs"] == [{"id": run.pk, "type": "inventory_update"}]


def test_last_update_is_shown_and_counted(admin: APIClient) -> None:
    source = make_source(feed_url=FEED)
    run = update(source)
    UnifiedJob.objects.update(status=Status.FAILED, finished="2030-01-01T00:00:01Z")

    shown = admin.get(path_of(source)).json()
    inventory = admin.get(f"/api/v2/inventories/{source.inventory_id}/").json()

    assert (shown["status"], shown["last_update_failed"]) == ("failed", True)
    assert shown["last_updated"] == "2030-01-01T00:00:01Z"
    assert shown["related"]["last_update"] == f"/api/v2/inventory_updates/{run.pk}/"
    assert (inventory["has_inventory_sources"], inventory["inventory_sources_with_failures"]) == (True, 1)


def test_hosts_groups_and_sources_name_each_other(admin: APIClient) -> None:
    source = make_source()
    host, group = make_host(source.inventory), make_group(source.inventory)
    source.hosts.add(host)
    source.groups.add(group)
    make_host(source.inventory)

    def ids(path: str) -> list[int]:
        return [one["id"] for one in admin.get(path).json()["results"]]

    assert ids(path_of(source, "hosts/")) == [host.pk]
    assert ids(path_of(source, "groups/")) == [group.pk]
    assert ids(f"/api/v2/hosts/{host.pk}/inventory_sources/") == [source.pk]
    assert ids(f"/api/v2/groups/{group.pk}/inventory_sources/") == [source.pk]
    assert admin.get(f"/api/v2/hosts/{host.pk}/").json()["has_inventory_sources"] is True


def test_what_a_source_found_can_be_deleted(admin: APIClient) -> None:
    source = make_source()
    kept = make_host(source.inventory)
    source.hosts.add(make_host(source.inventory))
    source.groups.add(make_group(source.inventory))
    updater = client_of(holder(source.inventory, "update_role"))

    assert updater.delete(path_of(source, "hosts/")).status_code == 403
    assert source.hosts.count() == 1
    assert admin.delete(path_of(source, "hosts/")).status_code == 204
    assert admin.delete(path_of(source, "groups/")).status_code == 204

    assert list(source.inventory.hosts.all()) == [kept]
    assert not source.inventory.groups.exists()
    [groups, hosts] = admin.get("/api/v2/activity_stream/?order_by=-id&page_size=2").json()["results"]
    assert (hosts["changes"], groups["changes"]) == ({"total_hosts": [2, 1]}, {"total_groups": [1, 0]})


def test_credentials_of_a_source(admin: APIClient) -> None:
    source, credential = make_source(feed_url=FEED), make_credential()
    path = path_of(source, "credentials/")

    assert admin.post(path, {"id": credential.pk}).status_code == 204
    shown = admin.get(path_of(source)).json()
    run = update(source)

    assert shown["credential"] == credential.pk
    assert [one["id"] for one in shown["summary_fields"]["credentials"]] == [credential.pk]
    listed = admin.get(f"/api/v2/inventory_updates/{run.pk}/credentials/").json()
    assert [one["id"] for one in listed["results"]] == [credential.pk]
    assert admin.post(path, {"id": credential.pk, "disassociate": True}).status_code == 204
    assert admin.get(path).json()["count"] == 0


@pytest.mark.parametrize(
    ("role", "may_see", "may_update", "may_change"),
    [
        ("", False, False, False),
        ("read_role", True, False, False),
        ("use_role", True, False, False),
        ("update_role", True, True, False),
        ("admin_role", True, True, True),
    ],
)
def test_roles_of_the_inventory_count(
    db: None, role: str, may_see: bool, may_update: bool, may_change: bool
) -> None:
    source = make_source(feed_url=FEED)
    other = make_inventory()
    user = holder(source.inventory, role) if role else holder(other, "admin_role")
    client = client_of(user)

    assert client.get(LIST).json()["count"] == int(may_see)
    assert client.get(path_of(source)).status_code == (200 if may_see else 403)
    assert client.post(path_of(source, "update/")).status_code == (202 if may_update else 403)
    assert client.get(path_of(source, "inventory_updates/")).status_code == (200 if may_see else 403)
    updates = UnifiedJob.objects.count()
    assert client.get("/api/v2/inventory_updates/").json()["count"] == (updates if may_see else 0)
    UnifiedJob.objects.all().delete()
    assert client.patch(path_of(source), {"timeout": 9}).status_code == (200 if may_change else 403)
    new = {"name": "new", "inventory": source.inventory_id, "source": "file"}
    assert client.post(LIST, new).status_code == (201 if may_change else 403)
    assert client.delete(path_of(source)).status_code == (204 if may_change else 403)


def test_project_of_another_team_is_not_named(db: None) -> None:
    inventory, project = make_inventory(), make_project()
    user = holder(inventory, "admin_role")
    sent = {"name": "x", "inventory": inventory.pk, "source": "scm", "source_project": project.pk}

    refused = client_of(user).post(LIST, sent)
    give(project, "use_role", user)
    made = client_of(user).post(LIST, sent)

    assert (refused.status_code, made.status_code) == (403, 201)


def test_source_is_not_moved_by_who_may_not_use_the_inventory(db: None) -> None:
    source = make_source()
    user = holder(source.inventory, "admin_role")

    answer = client_of(user).patch(path_of(source), {"inventory": make_inventory().pk})

    assert answer.status_code in (400, 403)
    source.refresh_from_db()
    assert source.inventory_id == Inventory.objects.order_by("pk").first().pk  # type: ignore[union-attr]


def test_schedule_of_a_source(admin: APIClient) -> None:
    source = make_source(feed_url=FEED)
    sent = {"name": "nightly", "rrule": "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"}

    answer = admin.post(path_of(source, "schedules/"), sent)

    assert answer.status_code == 201, answer.json()
    assert answer.json()["unified_job_template"] == source.pk
    assert admin.get(path_of(source)).json()["next_job_run"] == "2030-01-01T00:00:00Z"


def test_changes_are_in_the_activity_stream(admin: APIClient) -> None:
    made = admin.post(LIST, {"name": "x", "inventory": make_inventory().pk, "source": "file"}).json()
    admin.patch(made["url"], {"overwrite": True})

    entries = admin.get("/api/v2/activity_stream/?object1=inventory_source&order_by=id").json()["results"]

    assert [one["operation"] for one in entries] == ["create", "update"]
    assert entries[1]["changes"] == {"overwrite": [False, True]}
