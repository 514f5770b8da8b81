from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.activity import ActivityStream
from instances.models import InstanceGroup
from jobs.models import JobTemplateGroup
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give
from tests.instances.api.test_instances import make_instance

pytestmark = pytest.mark.django_db

GROUPS = "/api/v2/instance_groups/"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


def make_group(name: str = "group", **values: Any) -> InstanceGroup:
    return InstanceGroup.objects.create(name=name, **values)


def path_of(group: InstanceGroup) -> str:
    return f"{GROUPS}{group.pk}/"


def test_awx_groups_are_there_and_stay(admin: APIClient) -> None:
    listed = admin.get(GROUPS).json()["results"]

    assert [group["name"] for group in listed] == ["controlplane", "default"]
    for group in listed:
        assert group["summary_fields"]["user_capabilities"] == {"edit": True, "delete": False}
        assert set(group["summary_fields"]["object_roles"]) == {"admin_role", "use_role", "read_role"}
        assert admin.delete(group["url"]).status_code == 403
        refused = admin.patch(group["url"], {"name": "x"}, format="json").json()
        assert refused == {"name": [f"{group['name']} instance group name may not be changed."]}


def test_group_is_made_changed_and_deleted(admin: APIClient) -> None:
    given = {"name": "made", "policy_instance_percentage": 50, "max_forks": 3, "pod_spec_override": "a: 1"}

    made = admin.post(GROUPS, given, format="json")
    changed = admin.patch(made["Location"], {"name": "new"}, format="json").json()

    assert made.status_code == 201
    assert {name: made.json()[name] for name in given} == given
    assert (changed["name"], changed["instances"], changed["capacity"]) == ("new", 0, 0)
    assert admin.delete(made["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["This field is required."]}),
        ({"name": "default"}, {"name": ["Instance group with this Name already exists."]}),
        (
            {"name": "x", "policy_instance_list": ["no"]},
            {"policy_instance_list": ["no is not a valid hostname of an existing instance."]},
        ),
        (
            {"name": "x", "policy_instance_list": 5},
            {"policy_instance_list": ["A list of hostnames is needed."]},
        ),
        (
            {"name": "x", "is_container_group": True, "policy_instance_percentage": 5},
            {"policy_instance_percentage": ["Containerized instances may not be managed via the API"]},
        ),
    ],
)
def test_bad_group_is_refused(admin: APIClient, given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = admin.post(GROUPS, given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)


def test_instances_are_attached_and_detached(admin: APIClient) -> None:
    group, instance = make_group(), make_instance()

    attached = admin.post(f"{path_of(group)}instances/", {"id": instance.pk}, format="json")

    assert attached.status_code == 204
    shown = admin.get(path_of(group)).json()
    assert (shown["instances"], shown["capacity"], shown["policy_instance_list"]) == (1, 2000, ["worker-1"])
    entry = ActivityStream.objects.latest("pk")
    assert (entry.operation, entry.object1, entry.object2) == ("associate", "instance_group", "instance")
    body = {"id": group.pk, "disassociate": True}
    assert (
        admin.post(f"/api/v2/instances/{instance.pk}/instance_groups/", body, format="json").status_code
        == 204
    )
    shown = admin.get(path_of(group)).json()
    assert (shown["instances"], shown["policy_instance_list"]) == (0, [])


def test_hybrid_instance_stays_in_the_control_plane(admin: APIClient) -> None:
    plane, instance = InstanceGroup.objects.get(name="controlplane"), make_instance()

    answer = admin.post(
        f"{path_of(plane)}instances/", {"id": instance.pk, "disassociate": True}, format="json"
    )

    assert (answer.status_code, list(answer.json())) == (400, ["msg"])
    assert plane.instances.get() == instance


def test_roles_open_a_group() -> None:
    group, instance = make_group(), make_instance()
    reader, ruler = make_user(), make_user()
    give(group, "read_role", reader)
    give(group, "admin_role", ruler)

    assert [one["name"] for one in client_of(reader).get(GROUPS).json()["results"]] == ["group"]
    assert client_of(reader).patch(path_of(group), {"name": "x"}, format="json").status_code == 403
    assert client_of(ruler).patch(path_of(group), {"name": "x"}, format="json").status_code == 200
    assert client_of(ruler).post(GROUPS, {"name": "y"}, format="json").status_code == 403
    # He sees no instance of other groups, so he cannot take one.
    body = {"id": instance.pk}
    assert client_of(ruler).post(f"{path_of(group)}instances/", body, format="json").status_code == 403
    assert client_of(make_user()).get(path_of(group)).status_code == 403


@pytest.mark.parametrize("kind", ["organizations", "job_templates"])
def test_groups_of_an_object_keep_their_order(admin: APIClient, kind: str) -> None:
    parent = make_organization() if kind == "organizations" else make_job_template()
    path = f"/api/v2/{kind}/{parent.pk}/instance_groups/"
    groups = [make_group(name) for name in ("b", "a", "c")]

    for group in groups:
        assert admin.post(path, {"id": group.pk}, format="json").status_code == 204
    admin.post(path, {"id": groups[0].pk, "disassociate": True}, format="json")
    admin.post(path, {"id": groups[0].pk}, format="json")

    assert [one["name"] for one in admin.get(path).json()["results"]] == ["a", "c", "b"]


def test_copy_of_a_template_has_its_groups(admin: APIClient) -> None:
    template = make_job_template()
    for name in ("b", "a"):
        JobTemplateGroup.objects.create(job_template=template, instance_group=make_group(name))

    made = admin.post(f"/api/v2/job_templates/{template.pk}/copy/", {"name": "copy"}, format="json")

    listed = admin.get(made.json()["related"]["instance_groups"]).json()
    assert [one["name"] for one in listed["results"]] == ["b", "a"]


def test_attaching_a_group_asks_for_its_use() -> None:
    organization, group, user = make_organization(), make_group(), make_user()
    give(organization, "admin_role", user)
    path, client = f"/api/v2/organizations/{organization.pk}/instance_groups/", client_of(user)

    give(group, "read_role", user)
    assert client.post(path, {"id": group.pk}, format="json").status_code == 403
    give(group, "use_role", user)
    assert client.post(path, {"id": group.pk}, format="json").status_code == 204


def test_list_takes_as_many_statements_for_four_as_for_two(admin: APIClient) -> None:
    counts = []
    for names in ((), ("a", "b")):
        for name in names:
            make_group(name)
        with CaptureQueriesContext(connection) as asked:
            admin.get(GROUPS)
        counts.append(len(asked))

    assert counts[0] == counts[1]
