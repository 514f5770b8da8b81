from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from instances.heartbeat import Pulse, beat
from instances.models import Instance, InstanceGroup
from jobs.statuses import Status
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job
from tests.factories.roles import give

pytestmark = pytest.mark.django_db

INSTANCES = "/api/v2/instances/"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


def make_instance(hostname: str = "worker-1") -> Instance:
    beat(Pulse(hostname, uuid4(), 2000))
    return Instance.objects.get(hostname=hostname)


def test_instance_shows_its_state_and_load(admin: APIClient) -> None:
    instance = make_instance()
    make_job(status=Status.RUNNING, execution_node="worker-1")
    make_job(execution_node="worker-1")
    make_job(execution_node="other")

    body = admin.get(f"{INSTANCES}{instance.pk}/").json()

    shown = {name: body[name] for name in ("node_state", "capacity", "jobs_running", "jobs_total", "errors")}
    assert shown == {
        "node_state": "ready",
        "capacity": 2000,
        "jobs_running": 1,
        "jobs_total": 2,
        "errors": "",
    }
    assert (body["consumed_capacity"], body["percent_capacity_remaining"]) == (1.0, 99.95)
    assert (body["hostname"], body["uuid"], body["node_type"]) == ("worker-1", str(instance.uuid), "hybrid")
    assert body["related"]["jobs"] == f"{INSTANCES}{instance.pk}/jobs/"
    assert admin.get(body["related"]["jobs"]).json()["count"] == 2
    assert admin.get(body["related"]["instance_groups"]).json()["count"] == 2
    assert admin.get(body["related"]["health_check"]).json()["capacity"] == 2000


def test_list_can_be_filtered_by_state(admin: APIClient) -> None:
    make_instance()
    make_instance("worker-2")
    Instance.objects.filter(hostname="worker-2").update(full_capacity=0)

    body = admin.get(f"{INSTANCES}?node_state=unavailable").json()

    assert [one["hostname"] for one in body["results"]] == ["worker-2"]


def test_list_takes_as_many_statements_for_three_as_for_one(admin: APIClient) -> None:
    counts = []
    for names in (["a"], ["b", "c"]):
        for name in names:
            make_instance(name)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            admin.get(INSTANCES)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_superuser_switches_an_instance_off_and_nothing_else_is_changed(admin: APIClient) -> None:
    instance = make_instance()
    path = f"{INSTANCES}{instance.pk}/"

    body = admin.patch(path, {"enabled": False, "hostname": "x", "capacity": 1}, format="json").json()

    assert (body["enabled"], body["hostname"], body["capacity"]) == (False, "worker-1", 2000)
    assert admin.post(INSTANCES, {"hostname": "x"}, format="json").status_code == 405
    assert admin.delete(path).status_code == 405


@pytest.mark.parametrize("value", [-0.5, 1.5, "x"])
def test_bad_capacity_adjustment_is_refused(admin: APIClient, value: Any) -> None:
    answer = admin.patch(f"{INSTANCES}{make_instance().pk}/", {"capacity_adjustment": value}, format="json")

    assert (answer.status_code, set(answer.json())) == (400, {"capacity_adjustment"})


def test_who_reads_a_group_sees_its_instances_only() -> None:
    instance = make_instance()
    make_instance("worker-2")
    group = InstanceGroup.objects.create(name="group")
    group.instances.add(instance)
    user = make_user()
    give(group, "read_role", user)
    client = client_of(user)

    assert [one["hostname"] for one in client.get(INSTANCES).json()["results"]] == ["worker-1"]
    assert client.patch(f"{INSTANCES}{instance.pk}/", {"enabled": False}, format="json").status_code == 403
    assert client.get(f"{INSTANCES}{instance.pk}/health_check/").status_code == 403


def test_health_checks_cannot_be_asked_for(admin: APIClient) -> None:
    answer = admin.post(f"{INSTANCES}{make_instance().pk}/health_check/")

    assert answer.status_code == 400
    assert "of type hybrid" in answer.json()["error"]


def test_ping_lists_who_lives() -> None:
    instance = make_instance()
    make_instance("gone")
    Instance.objects.filter(hostname="gone").update(full_capacity=0)

    body = APIClient().get("/api/v2/ping/").json()

    [shown] = body["instances"]
    assert shown["node"] == "worker-1"
    assert set(shown) == {"node", "node_type", "uuid", "heartbeat", "capacity", "version"}
    assert shown["uuid"] == str(instance.uuid)
    assert body["instance_groups"] == [
        {"name": name, "capacity": 2000, "instances": ["worker-1"]} for name in ("controlplane", "default")
    ]
