from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import User
from access.roles import role_of
from jobs.models import Label
from tests.factories.access import PASSWORD, client_of, make_organization, make_superuser, make_user
from tests.factories.inventories import make_inventory
from tests.factories.schedules import HOURLY, make_schedule, make_template
from tests.jobs.execution.conftest import eventually
from tests.schedules.test_backfilling import in_thread, somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db

STREAM = "/api/v2/activity_stream/"
SECRET = "s3cret-and-long"


def operations() -> list[tuple[str, str]]:
    return list(ActivityStream.objects.values_list("operation", "object1"))


def test_life_of_an_organization_is_recorded() -> None:
    user = make_superuser("boss")
    client = client_of(user)
    path = client.post("/api/v2/organizations/", {"name": "Acme"}, format="json")["Location"]
    client.patch(path, {"description": "new"}, format="json")
    client.patch(path, {"description": "new"}, format="json")
    client.patch(path, {"name": ""}, format="json")
    entries = client.get(f"{path}activity_stream/").json()["results"]
    client.delete(path)

    assert [(e["operation"], e["object1"]) for e in entries] == [
        ("create", "organization"),
        ("update", "organization"),
    ]
    assert entries[1]["changes"] == {"description": ["", "new"]}
    assert entries[0]["changes"]["name"] == "Acme"
    assert entries[0]["related"] == {"actor": f"/api/v2/users/{user.pk}/", "organization": [path]}
    assert entries[0]["summary_fields"]["actor"]["username"] == "boss"
    assert entries[0]["address"] == "127.0.0.1"
    gone = client.get(f"{STREAM}?order_by=-id").json()["results"][0]
    assert (gone["operation"], gone["changes"]["name"], "organization" in gone["related"]) == (
        "delete",
        "Acme",
        False,
    )


def test_secrets_are_masked() -> None:
    client = client_of(make_superuser())
    path = client.post("/api/v2/users/", {"username": "u", "password": SECRET}, format="json")["Location"]
    client.patch(path, {"password": f"{SECRET}2"}, format="json")
    template = client.post(
        "/api/v2/job_templates/",
        {"name": "t", "endpoint": "http://127.0.0.1:9/", "http_headers": {"Authorization": SECRET}},
        format="json",
    )
    client.patch(template["Location"], {"http_headers": {"Authorization": f"{SECRET}2"}}, format="json")
    token = client.post("/api/v2/tokens/", {"description": "t"}, format="json").json()["token"]

    told = [str(changes) for changes in ActivityStream.objects.values_list("changes", flat=True)]

    assert operations()[:4] == [
        ("create", "user"),
        ("update", "user"),
        ("create", "job_template"),
        ("update", "job_template"),
    ]
    assert ActivityStream.objects.filter(changes__http_headers=["$encrypted$", "$encrypted$"]).exists()
    assert not [text for text in told if SECRET in text or token in text or "argon2" in text or "$bf" in text]


def test_attaching_and_copying_are_recorded() -> None:
    client, template = client_of(make_superuser()), make_template()
    label = Label.objects.create(name="l", organization=make_organization())
    path = f"/api/v2/job_templates/{template.pk}/"
    client.post(f"{path}labels/", {"id": label.pk}, format="json")
    client.post(f"{path}copy/", {"name": "second"}, format="json")
    client.post(f"{path}labels/", {"id": label.pk, "disassociate": True}, format="json")

    assert operations() == [
        ("associate", "job_template"),
        ("create", "job_template"),
        ("disassociate", "job_template"),
    ]
    entry = client.get(f"/api/v2/labels/{label.pk}/activity_stream/").json()["results"][0]
    assert (entry["object2"], entry["object_association"]) == ("label", "labels")
    assert entry["related"]["label"] == [f"/api/v2/labels/{label.pk}/"]


def test_roles_that_are_given_and_taken_are_recorded() -> None:
    client, template, user = client_of(make_superuser()), make_template(), make_user()
    role = role_of(template, "execute_role")
    path = f"/api/v2/users/{user.pk}/roles/"
    for body in ({"id": role.pk}, {"id": role.pk}, {"id": role.pk, "disassociate": True}):
        assert client.post(path, body, format="json").status_code == 204

    assert operations() == [("associate", "job_template"), ("disassociate", "job_template")]
    entry = client.get(f"/api/v2/job_templates/{template.pk}/activity_stream/").json()["results"][0]
    names = ("object1", "object2", "object_association", "object_type")
    assert [entry[name] for name in names] == ["job_template", "user", "role", "job_template"]
    assert entry["related"]["role"] == [f"/api/v2/roles/{role.pk}/"]
    assert entry["summary_fields"]["role"] == [{"id": role.pk, "role_field": "execute_role"}]
    assert client.get(f"/api/v2/users/{user.pk}/activity_stream/").json()["count"] == 2


def test_membership_with_a_new_account_is_recorded() -> None:
    client, organization = client_of(make_superuser()), make_organization()
    body = {"username": "new", "password": SECRET}

    assert (
        client.post(f"/api/v2/organizations/{organization.pk}/users/", body, format="json").status_code == 201
    )

    assert operations() == [("associate", "organization"), ("create", "user")]


def test_launch_relaunch_and_cancel_are_recorded() -> None:
    client, template = client_of(make_superuser()), make_template()
    job = client.post(f"/api/v2/job_templates/{template.pk}/launch/", {}, format="json").json()
    client.post(job["related"]["relaunch"], {}, format="json")
    client.post(job["related"]["cancel"], {}, format="json")
    client.post(job["related"]["cancel"], {}, format="json")

    assert operations() == [("create", "job"), ("create", "job"), ("update", "job")]
    entries = client.get(f"{job['url']}activity_stream/").json()["results"]
    assert entries[0]["changes"]["launch_type"] == "manual"
    assert entries[0]["changes"]["unified_job_template"] == template.pk
    assert entries[1]["changes"] == {"cancel_flag": [False, True]}


def test_login_and_logout_are_recorded() -> None:
    user, client = make_user("someone"), Client(REMOTE_ADDR="192.0.2.7")

    client.post("/api/login/", {"username": "someone", "password": "wrong"})
    client.post("/api/login/", {"username": "someone", "password": PASSWORD})
    client.get("/api/logout/")

    entries = ActivityStream.objects.values_list("operation", "actor", "object1_pk", "address")
    assert list(entries) == [
        ("login", user.pk, user.pk, "192.0.2.7"),
        ("logout", user.pk, user.pk, "192.0.2.7"),
    ]


def test_a_change_that_fails_leaves_no_entry() -> None:
    client = client_of(make_superuser())
    make_organization("taken")

    assert client.post("/api/v2/organizations/", {"name": "taken"}, format="json").status_code == 400
    assert operations() == []


def test_stream_is_filtered_by_what_it_concerns() -> None:
    client, template = client_of(make_superuser()), make_template()
    body = {"name": "listed", "unified_job_template": template.pk, "rrule": HOURLY}
    made = client.post("/api/v2/schedules/", body, format="json").json()
    client.post("/api/v2/organizations/", {"name": "other"}, format="json")

    def count(query: str) -> Any:
        answer = client.get(f"{STREAM}?{query}").json()
        return answer.get("count", answer)

    assert count(f"schedule__id={made['id']}") == count(f"schedule={made['id']}") == 1
    assert count("schedule__name__icontains=LIST") == count("object1=schedule") == 1
    assert count("schedule__name=x") == 0
    assert count("operation=create") == count("actor__is_superuser=true") == 2
    assert count("changes__icontains=listed") == count("search=listed") == 1
    assert count("timestamp__gt=2000-01-01T00:00:00Z&order_by=-timestamp") == 2
    assert count("schedule__nosuch=1") == {"detail": "Schedule has no field named 'nosuch'"}
    assert count("schedule__password=1") == {"detail": "Schedule has no field named 'password'"}


def test_entries_show_the_template_of_schedules_and_of_jobs() -> None:
    client, template = client_of(make_superuser()), make_template()
    body = {"name": "listed", "unified_job_template": template.pk, "rrule": HOURLY}
    client.post("/api/v2/schedules/", body, format="json")
    client.post(f"/api/v2/job_templates/{template.pk}/launch/", {}, format="json")

    of_schedule, of_job = client.get(f"{STREAM}?operation=create").json()["results"]

    shown = [{"id": template.pk, "name": template.name, "description": template.description}]
    assert of_schedule["summary_fields"]["job_template"] == shown
    assert of_job["summary_fields"]["job_template"] == shown
    assert of_schedule["related"]["unified_job_template"] == f"/api/v2/job_templates/{template.pk}/"
    assert set(of_job["related"]) == {"actor", "job"}


def test_user_sees_what_concerns_what_he_may_read() -> None:
    root, user = make_superuser(), make_user("plain")
    client_of(root).patch(f"/api/v2/users/{user.pk}/", {"first_name": "P"}, format="json")
    client_of(root).post("/api/v2/organizations/", {"name": "hidden"}, format="json")
    hidden = ActivityStream.objects.get(object1="organization")
    client = client_of(user)

    assert [entry["object1"] for entry in client.get(STREAM).json()["results"]] == ["user"]
    assert client.get(f"{STREAM}{hidden.pk}/").status_code == 403
    assert client.get(f"/api/v2/organizations/{hidden.object1_pk}/activity_stream/").status_code == 403
    assert client_of(make_user(is_system_auditor=True)).get(STREAM).json()["count"] == 2


def test_stream_cannot_be_written() -> None:
    client = client_of(make_superuser())
    client.post("/api/v2/organizations/", {"name": "x"}, format="json")
    entry = f"{STREAM}{ActivityStream.objects.get().pk}/"

    assert client.post(STREAM, {}, format="json").status_code == 405
    assert [client.put(entry, {}).status_code, client.delete(entry).status_code] == [405, 405]
    assert client.get(f"{STREAM}999999/").json() == {"detail": "No ActivityStream matches the given query."}
    assert client_of(None).get(STREAM).status_code == 401
    assert client.get("/api/v2/organizations/999999/activity_stream/").status_code == 404


def test_entry_outlives_its_actor() -> None:
    actor = make_superuser("leaver")
    client_of(actor).post("/api/v2/organizations/", {"name": "x"}, format="json")
    User.objects.filter(pk=actor.pk).delete()

    entry = client_of(make_superuser()).get(STREAM).json()["results"][0]

    assert (entry["summary_fields"]["actor"]["username"], "actor" in entry["related"]) == ("leaver", False)


def test_stream_costs_the_same_for_one_and_many() -> None:
    client = client_of(make_superuser())

    def queries() -> int:
        path = f"/api/v2/schedules/{make_schedule().pk}/"
        client.patch(path, {"description": "x"}, format="json")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(STREAM).status_code == 200
        return len(captured)

    first = queries()
    queries()

    assert queries() == first


def changed_meanwhile(client: APIClient, path: str, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Two changes of one object: the second is asked for when the first is done, but not yet committed."""
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert client.patch(path, first, format="json").status_code == 200
            later = threads.submit(in_thread, lambda: client.patch(path, second, format="json").status_code)
            eventually(somebody_waits_for_a_lock)
        assert later.result() == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: ("schedules", make_schedule()), id="schedule"),
        pytest.param(lambda: ("job_templates", make_template()), id="job template"),
        pytest.param(lambda: ("inventories", make_inventory()), id="inventory"),
    ],
)
def test_what_was_before_is_what_the_row_held_when_it_was_changed(make: Any) -> None:
    resource, obj = make()
    path = f"/api/v2/{resource}/{obj.pk}/"
    before = obj.name

    changed_meanwhile(
        client_of(make_superuser()),
        path,
        {"name": "first", "description": "kept"},
        {"name": "second"},
    )

    updates = (
        ActivityStream.objects.filter(operation="update").order_by("pk").values_list("changes", flat=True)
    )
    assert [changes["name"] for changes in updates] == [[before, "first"], ["first", "second"]]
    obj.refresh_from_db()
    assert (obj.name, obj.description) == ("second", "kept")


@pytest.mark.django_db(transaction=True)
def test_what_was_before_of_variables_is_what_the_row_held() -> None:
    inventory = make_inventory(variables="a: 0")

    changed_meanwhile(
        client_of(make_superuser()), f"/api/v2/inventories/{inventory.pk}/variable_data/", {"a": 1}, {"a": 2}
    )

    updates = (
        ActivityStream.objects.filter(operation="update").order_by("pk").values_list("changes", flat=True)
    )
    assert list(updates) == [
        {"variables": ["a: 0", '{"a": 1}']},
        {"variables": ['{"a": 1}', '{"a": 2}']},
    ]


@pytest.mark.django_db(transaction=True)
def test_superusers_who_demote_each_other_wait_for_one_another() -> None:
    one, other = make_superuser("one"), make_superuser("other")

    def demote(user: User, by: User) -> int:
        path = f"/api/v2/users/{user.pk}/"
        answer: int = client_of(by).patch(path, {"is_superuser": False}, format="json").status_code
        return answer

    for _ in range(10):
        User.objects.update(is_superuser=True)
        with ThreadPoolExecutor(2) as threads:
            answers = [
                threads.submit(in_thread, lambda: demote(one, by=other)),
                threads.submit(in_thread, lambda: demote(other, by=one)),
            ]
        assert min(answer.result() for answer in answers) == 200
        assert User.objects.filter(is_superuser=True).count() == 1
