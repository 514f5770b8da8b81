import re

import pytest
from rest_framework.test import APIClient

from access.models import Organization


def test_api_names_its_version_and_sets_the_csrf_cookie(anonymous: APIClient) -> None:
    response = anonymous.get("/api/")

    assert response.status_code == 200
    assert response.json()["available_versions"] == {"v2": "/api/v2/"}
    assert response.json()["current_version"] == "/api/v2/"
    assert response.cookies["csrftoken"].value
    assert set(response.json()) == {
        "description",
        "current_version",
        "available_versions",
        "oauth2",
        "custom_logo",
        "custom_login_info",
        "login_redirect_override",
    }


def test_version_lists_paths_that_answer(anonymous: APIClient, client: APIClient) -> None:
    listed = anonymous.get("/api/v2/").json()

    assert {"ping", "organizations", "users", "tokens", "job_templates", "jobs", "schedules"} <= set(listed)
    for path in listed.values():
        assert client.get(path).status_code == 200, path


@pytest.mark.django_db
def test_ping_answers_anyone(anonymous: APIClient) -> None:
    body = anonymous.get("/api/v2/ping/").json()

    assert set(body) == {"ha", "version", "active_node", "install_uuid", "instances", "instance_groups"}
    assert body["ha"] is False
    assert body["version"] == "24.6.1"
    assert body["install_uuid"] == anonymous.get("/api/v2/ping/").json()["install_uuid"]


@pytest.mark.parametrize("path", ["/api/", "/api/v2/", "/api/v2/ping/"])
def test_roots_refuse_other_methods(anonymous: APIClient, path: str) -> None:
    response = anonymous.post(path, {})

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_path_without_its_last_slash_leads_to_the_same(
    client: APIClient, organizations: list[Organization]
) -> None:
    one = f"/api/v2/organizations/{organizations[1].pk}"

    assert client.get(one, follow=True).json() == client.get(f"{one}/").json()
    page = client.get("/api/v2/organizations?page_size=2&name__startswith=org", follow=True).json()
    assert (page["count"], len(page["results"])) == (5, 2)


def test_api_without_slash_is_a_page_for_people(anonymous: APIClient) -> None:
    for path in ("/api", "/"):
        page = anonymous.get(path)
        assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_version_without_slash_redirects_as_awx_does(anonymous: APIClient) -> None:
    response = anonymous.get("/api/v2?format=json")

    assert (response.status_code, response["Location"]) == (301, "/api/v2/?format=json")


def test_headers_tell_the_product_to_who_has_logged_in(client: APIClient, anonymous: APIClient) -> None:
    known, unknown = client.get("/api/v2/organizations/"), anonymous.get("/api/v2/organizations/")

    assert known["X-API-Product-Name"] == "AWX"
    assert known["X-API-Product-Version"] == "24.6.1"
    assert re.fullmatch(r"\d+\.\d{3}s", known["X-API-Time"])
    assert known["X-API-Node"]
    assert "X-API-Product-Name" not in unknown
    assert "X-API-Time" in unknown
