from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from rest_framework.test import APIClient

from access.models import User
from access.roles import grant, role_of
from tests.factories.access import PASSWORD, make_organization, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/api/login/"
FORM = "application/x-www-form-urlencoded"


def log_in(client: APIClient, **fields: str) -> HttpResponse:
    """Log in as AWX's command line does: a form, the CSRF cookie repeated in a header."""
    client.get(LOGIN, HTTP_ACCEPT="text/html")
    given = {"username": "ada", "password": PASSWORD, "next": "/api/"} | fields
    token = client.cookies["csrftoken"].value
    answer: HttpResponse = client.post(
        LOGIN, urlencode({k: v for k, v in given.items() if v}), content_type=FORM, HTTP_X_CSRFTOKEN=token
    )
    return answer


@pytest.fixture
def client() -> APIClient:
    make_user("ada")
    return APIClient(enforce_csrf_checks=True)


def test_form_sets_the_csrf_cookie(client: APIClient) -> None:
    answer = client.get(LOGIN, HTTP_ACCEPT="text/html,*/*")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "csrftoken" in answer.cookies


def test_root_document_sets_the_csrf_cookie_that_a_login_needs(client: APIClient) -> None:
    token = client.get("/api/").cookies["csrftoken"].value

    fields = urlencode({"username": "ada", "password": PASSWORD, "next": "/api/"})
    answer = client.post(LOGIN, fields, content_type=FORM, HTTP_X_CSRFTOKEN=token)

    assert answer.status_code == 302


def test_form_is_not_served_as_json(client: APIClient) -> None:
    answer = client.get(LOGIN, HTTP_ACCEPT="application/json")

    assert (answer.status_code, answer.content) == (406, b"None")


def test_right_password_begins_a_session(client: APIClient) -> None:
    answer = log_in(client)

    assert (answer.status_code, answer["Location"]) == (302, "/api/")
    assert answer["X-API-Session-Cookie-Name"] == "awx_sessionid"
    cookie = answer.cookies["awx_sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", False)
    assert client.get("/api/v2/me/").json()["results"][0]["username"] == "ada"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "ADA"},
        {"username": ""},
        {"password": ""},
        {"username": "ada\0"},
        {"username": "u" * 5000},
        {"password": "\0"},
    ],
)
def test_wrong_credentials_get_401_and_no_session(client: APIClient, fields: dict[str, str]) -> None:
    answer = log_in(client, **fields)

    assert answer.status_code == 401
    assert "awx_sessionid" not in client.cookies
    assert client.get("/api/v2/me/").status_code == 401


def test_password_is_not_in_the_answer(client: APIClient) -> None:
    answer = log_in(client, password="a-wrong-password")

    assert b"a-wrong-password" not in answer.content


def test_login_needs_the_csrf_token(client: APIClient) -> None:
    answer = client.post(LOGIN, urlencode({"username": "ada", "password": PASSWORD}), content_type=FORM)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "target",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        "\\\\evil",
        "\0",
        "http://[",
        "/\r\nSet-Cookie: a=b",
    ],
)
def test_next_leads_nowhere_else(client: APIClient, target: str) -> None:
    answer = log_in(client, next=target)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))
    assert "a" not in answer.cookies


def test_next_is_followed(client: APIClient) -> None:
    assert log_in(client, next="/api/v2/schedules/?page=2")["Location"] == "/api/v2/schedules/?page=2"


def test_login_begins_a_new_session(client: APIClient) -> None:
    log_in(client)
    before = client.cookies["awx_sessionid"].value

    log_in(client)

    assert client.cookies["awx_sessionid"].value != before


def test_session_of_a_stranger_is_not_taken_over(client: APIClient) -> None:
    client.cookies["awx_sessionid"] = "chosen-by-the-attacker-0123456789"

    log_in(client)

    assert client.cookies["awx_sessionid"].value != "chosen-by-the-attacker-0123456789"
    assert not Session.objects.filter(session_key="chosen-by-the-attacker-0123456789").exists()


def test_logout_ends_the_session(client: APIClient) -> None:
    log_in(client)
    key = client.cookies["awx_sessionid"].value

    answer = client.get("/api/logout/")

    assert (answer.status_code, answer["Location"]) == (302, "/api/")
    client.cookies["awx_sessionid"] = key
    assert client.get("/api/v2/me/").status_code == 401


def test_logout_without_session_leads_back(client: APIClient) -> None:
    assert client.get("/api/logout/").status_code == 302


def test_logout_by_post_needs_the_csrf_token(client: APIClient) -> None:
    log_in(client)

    assert client.post("/api/logout/").status_code == 403
    assert client.get("/api/v2/me/").status_code == 200


def test_inactive_user_does_not_get_in(client: APIClient) -> None:
    make_user("gone", is_active=False)

    assert log_in(client, username="gone").status_code == 401


def test_wrong_method_is_refused(client: APIClient) -> None:
    assert [client.put(LOGIN).status_code, client.delete(LOGIN).status_code] == [403, 403]


def test_rules_know_who_has_logged_in(client: APIClient) -> None:
    organization = make_organization()
    grant(role_of(organization, "admin_role"), User.objects.get(username="ada"))
    log_in(client)

    answer = client.get(f"/api/v2/organizations/{organization.pk}/access_list/")

    assert [user["username"] for user in answer.json()["results"]] == ["ada"]
