from typing import Any

import pytest
from rest_framework.test import APIClient

from instances.models import ExecutionEnvironment
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template, make_project
from tests.factories.roles import give

pytestmark = pytest.mark.django_db

ENVIRONMENTS = "/api/v2/execution_environments/"


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_superuser())


def make_environment(**values: Any) -> ExecutionEnvironment:
    return ExecutionEnvironment.objects.create(**({"name": "made", "image": "registry/x:1"} | values))


def test_awx_environments_are_there_and_the_managed_one_stays(admin: APIClient) -> None:
    first, second = admin.get(f"{ENVIRONMENTS}?order_by=id").json()["results"]

    assert (first["name"], first["managed"]) == ("AWX EE (latest)", False)
    assert (second["name"], second["managed"]) == ("Control Plane Execution Environment", True)
    assert second["summary_fields"]["user_capabilities"] == {"edit": False, "delete": False, "copy": True}
    assert admin.delete(second["url"]).status_code == 403
    assert admin.patch(second["url"], {"image": "x"}, format="json").status_code == 403


def test_environment_is_made_changed_copied_and_deleted(admin: APIClient) -> None:
    given = {
        "name": "made",
        "description": "d",
        "image": "registry.example.com:5000/a/b:1.2",
        "organization": make_organization().pk,
        "credential": None,
        "pull": "always",
    }

    made = admin.post(ENVIRONMENTS, given, format="json")
    copied = admin.post(f"{made['Location']}copy/", {"name": "copy"}, format="json")
    changed = admin.patch(made["Location"], {"pull": "never"}, format="json").json()

    assert made.status_code == 201
    assert {name: made.json()[name] for name in given} == given
    assert (copied.status_code, copied.json()["image"], copied.json()["pull"]) == (
        201,
        given["image"],
        "always",
    )
    assert changed["pull"] == "never"
    assert admin.delete(made["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["This field is required."], "image": ["This field is required."]}),
        (
            {"name": "x", "image": "bad image!"},
            {"image": ["bad image! is not a valid name of a container image."]},
        ),
        (
            {"name": "AWX EE (latest)", "image": "a/b"},
            {"name": ["Execution environment with this Name already exists."]},
        ),
        ({"name": "x", "image": "a", "pull": "no"}, {"pull": ['"no" is not a valid choice.']}),
    ],
)
def test_bad_environment_is_refused(admin: APIClient, given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = admin.post(ENVIRONMENTS, given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)


@pytest.mark.parametrize("name", ["made", "AWX EE (latest)"])
def test_copy_under_a_taken_name_is_refused(admin: APIClient, name: str) -> None:
    path = f"{ENVIRONMENTS}{make_environment().pk}/copy/"

    assert admin.post(path, {"name": name}, format="json").status_code == 400


def test_organization_of_an_environment_stays(admin: APIClient) -> None:
    environment = make_environment(organization=make_organization())
    path = f"{ENVIRONMENTS}{environment.pk}/"

    moved = admin.patch(path, {"organization": make_organization().pk}, format="json")
    freed = admin.patch(path, {"organization": None}, format="json")

    assert moved.json() == {"organization": ["Cannot change the organization of an execution environment"]}
    assert freed.json()["organization"] is None


def test_roles_of_an_organization_open_its_environments() -> None:
    organization, reader, ruler = make_organization(), make_user(), make_user()
    environment = make_environment(organization=organization)
    give(organization, "read_role", reader)
    give(organization, "execution_environment_admin_role", ruler)
    path, body = f"{ENVIRONMENTS}{environment.pk}/", {"description": "x"}

    assert client_of(reader).get(path).status_code == 200
    assert client_of(reader).patch(path, body, format="json").status_code == 403
    assert client_of(ruler).patch(path, body, format="json").status_code == 200
    assert client_of(ruler).patch(path, {"organization": None}, format="json").status_code == 403
    assert client_of(make_user()).get(path).status_code == 403
    made = {"name": "y", "image": "a/b", "organization": organization.pk}
    assert client_of(ruler).post(ENVIRONMENTS, made, format="json").status_code == 201
    assert client_of(reader).post(ENVIRONMENTS, made | {"name": "z"}, format="json").status_code == 403


def test_templates_projects_and_organizations_name_environments(admin: APIClient) -> None:
    environment = make_environment()
    named = {
        f"/api/v2/job_templates/{make_job_template().pk}/": "execution_environment",
        f"/api/v2/projects/{make_project().pk}/": "default_environment",
        f"/api/v2/organizations/{make_organization().pk}/": "default_environment",
    }

    for path, name in named.items():
        body = admin.patch(path, {name: environment.pk}, format="json").json()

        assert body[name] == environment.pk
        assert body["related"][name] == f"{ENVIRONMENTS}{environment.pk}/"
        assert body["summary_fields"][name]["image"] == "registry/x:1"
    listed = admin.get(f"{ENVIRONMENTS}{environment.pk}/unified_job_templates/").json()
    assert [one["type"] for one in listed["results"]] == ["job_template"]


def test_template_does_not_take_an_environment_that_its_author_may_not_read() -> None:
    hidden = make_environment(organization=make_organization())
    template, user = make_job_template(), make_user()
    give(template, "admin_role", user)

    body = {"execution_environment": hidden.pk}
    answer = client_of(user).patch(f"/api/v2/job_templates/{template.pk}/", body, format="json")

    assert answer.status_code == 403
