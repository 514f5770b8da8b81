import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import Label
from tests.factories.access import make_organization, make_user
from tests.factories.jobs import make_job_template, make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "organization", "path"),
    [
        ("Nightly", "Default", "Nightly++Default"),
        ("a++b", "c+d", "a[+][+]b++c[+]d"),
        ("é [x]", None, "%C3%A9%20[x]++"),
    ],
)
def test_template_is_found_by_name(client: APIClient, name: str, organization: str | None, path: str) -> None:
    owner = make_organization(organization) if organization else None
    template = make_job_template(name=name, organization=owner)
    make_project(name=name, organization=owner)

    named = client.get(f"/api/v2/job_templates/{template.pk}/").json()["related"]["named_url"]

    assert named == f"/api/v2/job_templates/{path}/"
    assert client.get(named).json()["id"] == template.pk
    assert client.get(f"{named}labels/").json()["count"] == 0
    assert client.patch(named, {"description": "by name"}, format="json").status_code == 200


def test_named_parent_keeps_its_name_in_the_links_between_pages(client: APIClient) -> None:
    owner = make_organization("O")
    template = make_job_template(name="T", organization=owner)
    template.labels.add(*(Label.objects.create(name=str(n), organization=owner) for n in range(2)))

    answer = client.get("/api/v2/job_templates/T++O/labels/?page_size=1").json()

    assert answer["next"] == "/api/v2/job_templates/T++O/labels/?page=2&page_size=1"


@pytest.mark.parametrize(
    "path",
    [
        "job_templates/nobody++Default",
        "job_templates/nobody",
        "job_templates/a+b++c",
        "job_templates/x++y++z",
        "labels/x++",
        "users/nobody",
        "users/a%00b",
        "organizations/nobody/activity_stream",
    ],
)
def test_name_that_nobody_has_is_not_found(client: APIClient, anonymous: APIClient, path: str) -> None:
    assert client.get(f"/api/v2/{path}/").status_code == 404
    assert anonymous.get(f"/api/v2/{path}/").status_code == 401


def test_lists_show_no_names_and_cost_nothing_more(client: APIClient) -> None:
    make_job_template(organization=make_organization())

    with CaptureQueriesContext(connection) as captured:
        related = client.get("/api/v2/job_templates/").json()["results"][0]["related"]

    assert "named_url" not in related
    make_job_template(organization=make_organization())
    with CaptureQueriesContext(connection) as again:
        client.get("/api/v2/job_templates/")
    assert len(again) == len(captured)


def test_label_and_user_are_found_by_name(client: APIClient) -> None:
    label = Label.objects.create(name="l", organization=make_organization("O"))
    user = make_user("some+one")

    assert client.get("/api/v2/labels/l++O/").json()["id"] == label.pk
    assert client.get("/api/v2/users/some[+]one/activity_stream/").json()["count"] == 0
    assert (
        client.get(f"/api/v2/users/{user.pk}/").json()["related"]["named_url"] == "/api/v2/users/some[+]one/"
    )
