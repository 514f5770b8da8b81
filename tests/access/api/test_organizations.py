from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import Organization
from jobs.models import JobTemplate
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.schedules import make_template

pytestmark = pytest.mark.django_db

ORGANIZATIONS = "/api/v2/organizations/"
DENIED = {"detail": "You do not have permission to perform this action."}


def test_superuser_makes_an_organization() -> None:
    user = make_superuser()

    answer = client_of(user).post(
        ORGANIZATIONS, {"name": "Made org", "description": "d", "max_hosts": 3}, format="json"
    )

    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, body["url"])
    assert body == body | {
        "type": "organization",
        "name": "Made org",
        "description": "d",
        "max_hosts": 3,
        "custom_virtualenv": None,
        "default_environment": None,
    }
    assert body["summary_fields"]["created_by"]["id"] == user.pk
    assert body["summary_fields"]["user_capabilities"] == {"edit": True, "delete": True}
    assert body["related"]["modified_by"] == f"/api/v2/users/{user.pk}/"


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["This field is required."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": "Taken"}, {"name": ["Organization with this Name already exists."]}),
        ({"name": "n" * 513}, {"name": ["Ensure this field has no more than 512 characters."]}),
        (
            {"name": "x", "max_hosts": -1},
            {"max_hosts": ["Ensure this value is greater than or equal to 0."]},
        ),
        ({"name": "x", "max_hosts": "x"}, {"max_hosts": ["A valid integer is required."]}),
        (
            {"name": "x", "default_environment": 999999},
            {"default_environment": ['Invalid pk "999999" - object does not exist.']},
        ),
    ],
)
def test_bad_organization_is_refused(given: dict[str, Any], errors: dict[str, list[str]]) -> None:
    make_organization("Taken")

    answer = client_of(make_superuser()).post(ORGANIZATIONS, given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)
    assert Organization.objects.count() == 1


def test_superuser_changes_and_deletes() -> None:
    organization = make_organization("Old")
    client = client_of(make_superuser())
    path = f"{ORGANIZATIONS}{organization.pk}/"

    assert client.patch(path, {"description": "changed"}, format="json").json()["description"] == "changed"
    assert client.put(path, {"name": "New"}, format="json").json()["name"] == "New"
    assert client.patch(path, {"name": ""}, format="json").status_code == 400
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_templates_outlive_their_organization() -> None:
    template = make_template(organization=make_organization())

    client_of(make_superuser()).delete(f"{ORGANIZATIONS}{template.organization_id}/")

    assert JobTemplate.objects.get(pk=template.pk).organization is None


def test_user_without_roles_sees_no_organization() -> None:
    organization = make_organization()
    client = client_of(make_user())
    path = f"{ORGANIZATIONS}{organization.pk}/"

    assert client.get(ORGANIZATIONS).json()["results"] == []
    for answer in (
        client.get(path),
        client.post(ORGANIZATIONS, {"name": "x"}, format="json"),
        client.patch(path, {"description": "x"}, format="json"),
        client.delete(path),
    ):
        assert (answer.status_code, answer.json()) == (403, DENIED)
    assert client.get(f"{ORGANIZATIONS}999999/").status_code == 404
    assert client.delete(f"{ORGANIZATIONS}999999/").status_code == 404


def test_auditor_reads_only() -> None:
    organization = make_organization()
    client = client_of(make_user(is_system_auditor=True))

    assert client.get(ORGANIZATIONS).json()["count"] == 1
    body = client.get(f"{ORGANIZATIONS}{organization.pk}/").json()
    assert body["summary_fields"]["user_capabilities"] == {"edit": False, "delete": False}
    assert client.delete(f"{ORGANIZATIONS}{organization.pk}/").status_code == 403


def test_stranger_is_sent_to_log_in() -> None:
    organization = make_organization()

    answers = [
        APIClient().get(ORGANIZATIONS),
        APIClient().post(ORGANIZATIONS, {"name": "x"}, format="json"),
        APIClient().delete(f"{ORGANIZATIONS}{organization.pk}/"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 3


def test_wrong_method_is_refused() -> None:
    assert client_of(make_superuser()).delete(ORGANIZATIONS).status_code == 405


def test_list_costs_the_same_for_one_and_three() -> None:
    user = make_superuser()
    client = client_of(user)
    make_organization(created_by=user, modified_by=user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(ORGANIZATIONS)
        return len(captured)

    one = queries()
    make_organization(created_by=make_user()), make_organization(modified_by=make_user())

    assert queries() == one
