from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from access.models import Organization
from api import pagination

LIST = "/api/v2/organizations/"


@pytest.mark.usefixtures("organizations")
def test_page_has_awx_shape_and_relative_links(client: APIClient) -> None:
    page = client.get(f"{LIST}?page_size=2&page=2&order_by=name").json()

    assert list(page) == ["count", "next", "previous", "results"]
    assert page["count"] == 5
    assert page["next"] == f"{LIST}?order_by=name&page=3&page_size=2"
    assert page["previous"] == f"{LIST}?order_by=name&page=1&page_size=2"
    assert [result["name"] for result in page["results"]] == ["org 2", "org 3"]


@pytest.mark.usefixtures("organizations")
@pytest.mark.parametrize(
    ("query", "status", "names"),
    [
        ("page=", 200, 5),
        ("page=last&page_size=2", 200, 1),
        ("page=0", 404, None),
        ("page=-1", 404, None),
        ("page=x", 404, None),
        ("page=1.5", 404, None),
        ("page=2", 404, None),
        ("page=999999999999999999999", 404, None),
        ("page=" + "9" * 3000, 404, None),
        ("page_size=0", 200, 5),
        ("page_size=-1", 200, 5),
        ("page_size=", 200, 5),
        ("page_size=201", 200, 5),
        ("page_size=x", 400, None),
        ("page_size=1.5", 400, None),
        ("page_size=" + "9" * 3000, 200, 5),
        ("page_size=2&page_size=3", 200, 3),
    ],
)
def test_odd_pages(client: APIClient, query: str, status: int, names: int | None) -> None:
    answer = client.get(f"{LIST}?{query}")

    assert answer.status_code == status
    if names is None:
        assert list(answer.json()) == ["detail"]
    else:
        assert len(answer.json()["results"]) == names
    if status == 404:
        assert answer.json() == {"detail": "Invalid page."}


def test_page_size_is_capped_in_links_too(client: APIClient) -> None:
    Organization.objects.bulk_create(Organization(name=f"many {number:03}") for number in range(201))

    page = client.get(f"{LIST}?page_size=1000").json()

    assert len(page["results"]) == 200
    assert page["next"] == f"{LIST}?page=2&page_size=200"


@pytest.mark.usefixtures("organizations")
def test_uncounted_page_has_results_only(client: APIClient) -> None:
    assert list(client.get(f"{LIST}?count_disabled=1&page_size=2").json()) == ["results"]
    assert client.get(f"{LIST}?count_disabled=1&page=2").status_code == 404


@override_settings(DEBUG=False)
def test_query_count_does_not_grow_with_rows(
    client: APIClient, root: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Organization.objects.create(name="one", created_by=root, modified_by=root)
    with CaptureQueriesContext(connection) as for_one:
        client.get(LIST)

    Organization.objects.bulk_create(
        Organization(name=f"more {number}", created_by=root, modified_by=root) for number in range(2)
    )
    with django_assert_num_queries(len(for_one)):
        client.get(LIST)


@pytest.fixture
def _counts_to_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "COUNTED", 2)


@pytest.mark.usefixtures("organizations", "_counts_to_two")
@pytest.mark.parametrize("estimate", [0, 3, 1000])
def test_links_lead_through_a_list_that_is_too_long_to_count(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, estimate: int
) -> None:
    monkeypatch.setattr(pagination, "estimated", lambda _: estimate)
    names: list[str] = []
    link = f"{LIST}?page_size=2&order_by=name"

    while link:
        page = client.get(link).json()
        names += [result["name"] for result in page["results"]]
        assert page["count"] >= len(names)
        link = page["next"]

    assert names == [f"org {number}" for number in range(5)]
    assert page["count"] == 5
    assert page["previous"] == f"{LIST}?order_by=name&page=2&page_size=2"


@pytest.mark.usefixtures("organizations", "_counts_to_two")
@pytest.mark.parametrize("page", ["4", "0", "-1", "x", "99999999"])
def test_a_list_that_is_too_long_to_count_has_no_other_pages(client: APIClient, page: str) -> None:
    answer = client.get(f"{LIST}?page_size=2&page={page}")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


@pytest.mark.usefixtures("organizations", "_counts_to_two")
def test_the_last_page_is_counted_for(client: APIClient) -> None:
    page = client.get(f"{LIST}?page_size=2&page=last&order_by=name").json()

    assert (page["count"], page["next"], len(page["results"])) == (5, None, 1)


@pytest.mark.usefixtures("organizations")
def test_the_estimate_is_the_planners() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE access_organization")

    assert pagination.estimated(Organization.objects.order_by()) == 5
    assert pagination.estimated(Organization.objects.filter(name="org 3")) == 1
