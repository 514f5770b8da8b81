import base64
import logging
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import AccessToken
from tests.factories.access import PASSWORD, bearer, make_superuser, make_token, make_user

pytestmark = pytest.mark.django_db

ME = "/api/v2/me/"
CHALLENGE = "Bearer realm=api authorization_url=/api/o/authorize/"
REFUSAL = {
    "detail": "Authentication credentials were not provided. To establish a login session, visit /api/login/."
}


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def test_basic_authentication_names_the_user() -> None:
    user = make_user("ada")

    answer = APIClient(HTTP_AUTHORIZATION=basic("ada", PASSWORD)).get(ME)

    assert [row["id"] for row in answer.json()["results"]] == [user.pk]


def test_scheme_is_read_in_any_case() -> None:
    user = make_user("ada")
    _, secret = make_token(user)

    answers = [
        APIClient(HTTP_AUTHORIZATION=header).get(ME).status_code
        for header in (
            basic("ada", PASSWORD).replace("Basic", "basic"),
            f"bearer {secret}",
            f"BEARER {secret}",
        )
    ]

    assert answers == [200, 200, 200]


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Basic",
        "Basic !!!",
        "Basic a b",
        "Basic YWJj",
        "Basic bm9ib2R5Ong=",
        basic("ada", "wrong"),
        basic("ADA", PASSWORD),
        basic("ada\0", PASSWORD),
        basic("ada", "\0"),
        basic("\0", "\0"),
        basic("", ""),
        basic("é" * 2000, "é"),
        "Basic " + base64.b64encode(b"\xff\xfe:\xed\xa0\x80").decode(),
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a b",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 8000,
        "Token abc",
        "Hawk id=x",
        "\0",
    ],
)
def test_wrong_credentials_are_none(header: str) -> None:
    make_user("ada")

    answer = APIClient(HTTP_AUTHORIZATION=header).get(ME)

    assert (answer.status_code, answer.json()) == (401, REFUSAL)
    assert answer["WWW-Authenticate"] == CHALLENGE


def test_inactive_user_is_refused_however_he_comes() -> None:
    user = make_user("ada", is_active=False)
    _, secret = make_token(user)

    answers = [
        APIClient(HTTP_AUTHORIZATION=h).get(ME).status_code
        for h in (basic("ada", PASSWORD), f"Bearer {secret}")
    ]

    assert answers == [401, 401]


def test_expired_token_is_refused() -> None:
    token, secret = make_token(make_user())
    assert bearer(secret).get(ME).status_code == 200

    AccessToken.objects.filter(pk=token.pk).update(expires=timezone.now())

    assert bearer(secret).get(ME).status_code == 401


def test_deleted_token_is_refused() -> None:
    token, secret = make_token(make_user())

    token.delete()

    assert bearer(secret).get(ME).status_code == 401


def test_digest_is_no_token() -> None:
    token, _ = make_token(make_user())

    assert bearer(token.token_checksum).get(ME).status_code == 401


def test_token_of_scope_read_changes_nothing_even_for_a_superuser() -> None:
    user = make_superuser()
    _, secret = make_token(user, scope="read")
    client = bearer(secret)
    path = f"/api/v2/users/{user.pk}/"

    answers = [
        client.get(path),
        client.options(path),
        client.patch(path, {"last_name": "A"}, format="json"),
        client.delete("/api/v2/users/999999/"),
        client.post("/api/v2/organizations/", {"name": "x"}, format="json"),
        client.post("/api/v2/tokens/", {}, format="json"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 403, 403, 403]
    assert answers[2].json() == {"detail": "You do not have permission to perform this action."}
    assert answers[0].json()["summary_fields"]["user_capabilities"] == {"edit": False, "delete": False}


@pytest.mark.parametrize("scope", ["write", "read write", "write read"])
def test_token_of_scope_write_changes(scope: str) -> None:
    user = make_user()
    _, secret = make_token(user, scope=scope)

    answer = bearer(secret).patch(f"/api/v2/users/{user.pk}/", {"last_name": "A"}, format="json")

    assert answer.status_code == 200


def test_last_use_is_noted_once_a_minute() -> None:
    token, secret = make_token(make_user())
    start = timezone.now()

    def noted_after(seconds: int) -> float | None:
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            bearer(secret).get(ME)
        token.refresh_from_db()
        return (token.last_used - start).total_seconds() if token.last_used else None

    assert [noted_after(0), noted_after(59), noted_after(61), noted_after(100)] == [0, 0, 61, 61]


def test_session_needs_the_csrf_token_where_it_changes_something() -> None:
    user = make_user("ada")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    path = f"/api/v2/users/{user.pk}/"

    read = client.get(path)
    without = client.patch(path, {"last_name": "A"}, format="json")

    assert (read.status_code, without.status_code) == (200, 403)
    assert without.json() == {"detail": "CSRF Failed: CSRF cookie not set."}


def test_session_with_csrf_token_changes_something() -> None:
    user = make_user("ada")
    client = APIClient(enforce_csrf_checks=True)
    client.get("/api/login/", HTTP_ACCEPT="text/html")
    client.force_login(user)
    token = client.cookies["csrftoken"].value

    right = client.patch(
        f"/api/v2/users/{user.pk}/", {"last_name": "A"}, format="json", HTTP_X_CSRFTOKEN=token
    )
    wrong = client.patch(
        f"/api/v2/users/{user.pk}/", {"last_name": "B"}, format="json", HTTP_X_CSRFTOKEN="wrong"
    )

    assert (right.status_code, wrong.status_code) == (200, 403)
    assert wrong.json() == {
        "detail": "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."
    }


def test_username_is_compared_in_normal_form() -> None:
    make_user("ﬁn".replace("ﬁ", "fi"))

    assert APIClient(HTTP_AUTHORIZATION=basic("ﬁn", PASSWORD)).get(ME).status_code == 200


def test_no_credential_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    make_user("ada")
    with caplog.at_level(logging.DEBUG):
        APIClient(HTTP_AUTHORIZATION=basic("ada", "a-wrong-password")).get(ME)
        bearer("a-wrong-token").get(ME)

    assert [record.getMessage() for record in caplog.records if record.name == "access.authentication"] == [
        "Basic authentication was refused.",
        "A bearer token was refused.",
    ]
    assert not [word for word in ("a-wrong-password", "a-wrong-token") if word in caplog.text]
