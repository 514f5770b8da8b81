"""Schedules answer their templates' prompts: values, objects, lists of objects, surveys."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from access.roles import EXECUTE, USE
from credentials.encryption import MASK, decrypt
from instances.models import InstanceGroup
from jobs.models import Label
from schedules.models import Schedule
from tests.factories.access import client_of, make_superuser
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_inventory
from tests.factories.jobs import make_organization, make_project
from tests.factories.roles import give, holder
from tests.factories.schedules import HOURLY, make_schedule, make_template

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-battery"
SURVEY = {
    "name": "Survey",
    "description": "",
    "spec": [
        {"variable": "size", "question_name": "Size", "type": "integer", "required": True, "max": 9},
        {"variable": "pw", "question_name": "Password", "type": "password", "required": False},
    ],
}


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def post(client: APIClient, template: Any, **values: Any) -> Any:
    body = {"name": "s", "rrule": HOURLY, "unified_job_template": template.pk} | values
    return client.post("/api/v2/schedules/", body, format="json")


def path_of(schedule: Schedule, name: str = "") -> str:
    return f"/api/v2/schedules/{schedule.pk}/" + (f"{name}/" if name else "")


def test_an_inventory_that_is_asked_for_is_kept_and_shown(client: APIClient) -> None:
    inventory = make_inventory()

    answer = post(client, make_template(ask_inventory_on_launch=True), inventory=inventory.pk)

    assert answer.status_code == 201
    shown = answer.json()
    assert shown["inventory"] == inventory.pk
    assert shown["related"]["inventory"] == f"/api/v2/inventories/{inventory.pk}/"
    assert shown["summary_fields"]["inventory"]["name"] == inventory.name


def test_an_inventory_that_is_not_asked_for_is_refused(client: APIClient) -> None:
    answer = post(client, make_template(), inventory=make_inventory().pk)

    assert answer.json() == {"inventory": ["Field is not configured to prompt on launch."]}
    assert not Schedule.objects.exists()


def test_a_template_that_asks_for_its_inventory_needs_one(client: APIClient) -> None:
    answer = post(client, make_template(ask_inventory_on_launch=True))

    assert answer.json() == {"resources_needed_to_start": ["Job Template inventory is missing or undefined."]}


def test_an_inventory_is_for_who_may_use_it() -> None:
    template = make_template(ask_inventory_on_launch=True)
    inventory = make_inventory()
    user = holder(template, EXECUTE)

    refused = post(client_of(user), template, inventory=inventory.pk)
    give(inventory, USE, user)
    taken = post(client_of(user), template, inventory=inventory.pk)

    assert refused.status_code == 403
    assert refused.json() == {"inventory": ["You do not have use permission on Inventory"]}
    assert taken.status_code == 201


def test_answers_to_a_survey_are_checked_and_its_secrets_kept(client: APIClient) -> None:
    template = make_template(survey_enabled=True, survey_spec=SURVEY)

    wrong = post(client, template, extra_data={"size": 10, "other": 1})
    made = post(client, template, extra_data={"size": 5, "pw": SECRET})

    assert wrong.status_code == 400
    assert wrong.json()["variables_needed_to_start"] == [
        "'size' value 10 is too large (must be no more than 9)."
    ]
    assert "extra_data" in wrong.json()
    assert made.json()["extra_data"] == {"size": 5, "pw": MASK}
    schedule = Schedule.objects.get()
    assert decrypt(schedule.extra_data["pw"]) == SECRET

    kept = client.patch(path_of(schedule), {"extra_data": {"size": 6, "pw": MASK}}, format="json")

    assert kept.json()["extra_data"] == {"size": 6, "pw": MASK}
    schedule.refresh_from_db()
    assert decrypt(schedule.extra_data["pw"]) == SECRET


def test_a_mask_without_a_stored_value_is_refused(client: APIClient) -> None:
    template = make_template(survey_enabled=True, survey_spec=SURVEY)

    answer = post(client, template, extra_data={"size": 5, "pw": MASK})

    assert answer.json() == {"extra_data": ["Provided variable pw has no database value to replace with."]}


def test_what_a_put_leaves_out_is_answered_no_more(client: APIClient) -> None:
    template = make_template(ask_limit_on_launch=True)
    schedule = make_schedule(template=template, prompts={"limit": "web"})

    body = {"name": "s", "rrule": HOURLY, "unified_job_template": template.pk}
    answer = client.put(path_of(schedule), body, format="json")

    assert (answer.status_code, answer.json()["limit"]) == (200, None)


def test_lists_are_attached_and_detached(client: APIClient) -> None:
    schedule = make_schedule(template=make_template(ask_credential_on_launch=True))
    label = Label.objects.create(name="nightly", organization=make_organization())
    children = {
        "credentials": make_credential(),
        "labels": label,
        "instance_groups": InstanceGroup.objects.create(name="east"),
    }
    for name, child in children.items():
        attached = client.post(path_of(schedule, name), {"id": child.pk}, format="json")
        assert (name, attached.status_code) == (name, 204)
        assert [one["id"] for one in client.get(path_of(schedule, name)).json()["results"]] == [child.pk]

        body = {"id": child.pk, "disassociate": True}
        assert client.post(path_of(schedule, name), body, format="json").status_code == 204
        assert client.get(path_of(schedule, name)).json()["count"] == 0


@pytest.mark.parametrize(
    ("values", "inputs", "text"),
    [
        ({}, {}, "Related template is not configured to accept credentials on launch."),
        (
            {"ask_credential_on_launch": True},
            {"password": "ASK"},
            "Credential that requires user input on launch cannot be used in saved launch configuration.",
        ),
    ],
)
def test_a_credential_that_a_run_could_not_use_is_refused(
    client: APIClient, values: Any, inputs: Any, text: str
) -> None:
    schedule = make_schedule(template=make_template(**values))

    answer = client.post(
        path_of(schedule, "credentials"), {"id": make_credential(inputs=inputs).pk}, format="json"
    )

    assert (answer.status_code, answer.json()) == (400, {"msg": text})


def test_a_second_credential_of_one_type_is_refused(client: APIClient) -> None:
    schedule = make_schedule(template=make_template(ask_credential_on_launch=True))
    schedule.credentials.add(make_credential())

    answer = client.post(path_of(schedule, "credentials"), {"id": make_credential().pk}, format="json")

    assert answer.json() == {"msg": "This launch configuration already provides a Machine credential."}


def test_a_project_takes_no_credentials(client: APIClient) -> None:
    schedule = make_schedule(template=make_project(catalog_url="/list.json"))

    answer = client.post(path_of(schedule, "credentials"), {"id": make_credential().pk}, format="json")

    assert answer.json() == {"msg": "Related template cannot accept credentials on launch."}


def test_lists_are_changed_by_who_may_change_the_schedule_and_use_the_object() -> None:
    template = make_template(ask_credential_on_launch=True)
    user = holder(template, EXECUTE)
    schedule = make_schedule(template=template)
    credential = make_credential()
    body = {"id": credential.pk}

    give(credential, USE, user)
    others = client_of(user).post(path_of(schedule, "credentials"), body, format="json")
    Schedule.objects.update(created_by=user)
    own = client_of(user).post(path_of(schedule, "credentials"), body, format="json")

    assert (others.status_code, own.status_code) == (403, 204)


def test_a_switch_off_asks_nothing_of_the_template(client: APIClient) -> None:
    template = make_template(survey_enabled=True, survey_spec=SURVEY)
    schedule = make_schedule(template=template)

    assert client.patch(path_of(schedule), {"enabled": False}, format="json").status_code == 200
    assert client.patch(path_of(schedule), {"description": "x"}, format="json").status_code == 200
    assert client.patch(path_of(schedule), {"extra_data": {}}, format="json").status_code == 400
