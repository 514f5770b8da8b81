from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import AccessToken
from tests.factories.access import bearer, client_of, make_superuser, make_token, make_user

pytestmark = pytest.mark.django_db

TOKENS = "/api/v2/tokens/"
BAD_SCOPE = {"scope": ["Must be a simple space-separated string with allowed scopes ['read', 'write']."]}
DENIED = {"detail": "You do not have permission to perform this action."}


def test_token_is_shown_once_and_works() -> None:
    user = make_user()
    client = client_of(user)

    made = client.post(TOKENS, {"description": "made", "application": None, "scope": "write"}, format="json")
    body = made.json()

    assert (made.status_code, made["Location"]) == (201, f"{TOKENS}{body['id']}/")
    assert body == body | {
        "type": "o_auth2_access_token",
        "description": "made",
        "user": user.pk,
        "refresh_token": None,
        "application": None,
        "scope": "write",
    }
    assert bearer(body["token"]).get("/api/v2/me/").json()["results"][0]["id"] == user.pk
    shown = [client.get(body["url"]).json(), client.get(TOKENS).json()["results"][0]]
    assert [row["token"] for row in shown] == ["************"] * 2


def test_token_lives_a_thousand_years() -> None:
    body = client_of(make_user()).post(TOKENS, {}, format="json").json()

    left = datetime.fromisoformat(body["expires"]) - datetime.now(UTC)
    assert abs(left - timedelta(seconds=31_536_000_000)) < timedelta(minutes=1)


def test_command_line_logs_in_by_user_name() -> None:
    user = make_user("ada")

    answer = client_of(user).post(
        "/api/v2/users/ada/personal_tokens/",
        {"description": "", "application": None, "scope": "write"},
        format="json",
    )

    assert (answer.status_code, answer.json()["user"]) == (201, user.pk)
    assert bearer(answer.json()["token"]).get("/api/v2/me/").status_code == 200


def test_token_belongs_to_who_asks_whoever_is_named() -> None:
    admin, user = make_superuser(), make_user()

    by_admin = client_of(admin).post(f"/api/v2/users/{user.pk}/personal_tokens/", {}, format="json")
    by_user = client_of(user).post(f"/api/v2/users/{admin.pk}/personal_tokens/", {}, format="json")

    assert (by_admin.json()["user"], by_user.json()["user"]) == (admin.pk, user.pk)


@pytest.mark.parametrize("scope", ["x", "", " ", "read read", "read,write", "read write x"])
@pytest.mark.parametrize("path", [TOKENS, "/api/v2/users/ada/personal_tokens/"])
def test_scope_is_read_or_write(path: str, scope: Any) -> None:
    answer = client_of(make_user("ada")).post(path, {"scope": scope}, format="json")

    assert (answer.status_code, answer.json()) == (400, BAD_SCOPE)
    assert not AccessToken.objects.exists()


def test_both_scopes_may_be_given() -> None:
    answer = client_of(make_user()).post(TOKENS, {"scope": " read   write "}, format="json")

    assert (answer.status_code, answer.json()["scope"]) == (201, "read write")


def test_unknown_application_is_refused() -> None:
    answer = client_of(make_user()).post(TOKENS, {"application": 987_654_321}, format="json")

    assert (answer.status_code, answer.json()) == (
        400,
        {"application": ['Invalid pk "987654321" - object does not exist.']},
    )


def test_what_is_not_writable_is_ignored() -> None:
    user, other = make_user(), make_user()

    body = (
        client_of(user)
        .post(TOKENS, {"user": other.pk, "token": "mine", "expires": "2000-01-01T00:00:00Z"}, format="json")
        .json()
    )

    assert (body["user"], body["token"] == "mine", body["expires"] > "2900") == (user.pk, False, True)


def test_user_sees_and_handles_his_own_tokens_only() -> None:
    user = make_user()
    own, _ = make_token(user)
    foreign, _ = make_token(make_user())
    client = client_of(user)

    assert [row["id"] for row in client.get(TOKENS).json()["results"]] == [own.pk]
    for answer in (
        client.get(f"{TOKENS}{foreign.pk}/"),
        client.patch(f"{TOKENS}{foreign.pk}/", {"description": "x"}, format="json"),
        client.delete(f"{TOKENS}{foreign.pk}/"),
    ):
        assert (answer.status_code, answer.json()) == (403, DENIED)


def test_superuser_sees_all_tokens_and_one_user_s_below_him() -> None:
    admin, user = make_superuser(), make_user()
    first, _ = make_token(user)
    second, _ = make_token(admin)
    client = client_of(admin)

    def listed(path: str) -> list[int]:
        return [row["id"] for row in client.get(path).json()["results"]]

    assert listed(TOKENS) == [first.pk, second.pk]
    assert listed(f"/api/v2/users/{user.pk}/personal_tokens/") == [first.pk]
    assert listed(f"/api/v2/users/{user.pk}/tokens/") == [first.pk]
    assert listed(f"/api/v2/users/{user.pk}/authorized_tokens/") == []


def test_tokens_of_others_are_closed() -> None:
    user, other, admin = make_user(), make_user(), make_superuser()
    make_token(admin)
    client = client_of(user)

    assert client.get(f"/api/v2/users/{other.pk}/personal_tokens/").status_code == 403
    assert client.post(f"/api/v2/users/{other.pk}/personal_tokens/", {}, format="json").status_code == 403
    assert client.get(f"/api/v2/users/{admin.pk}/personal_tokens/").json()["results"] == []
    assert client.get("/api/v2/users/nobody/personal_tokens/").status_code == 404


def test_description_and_scope_can_be_changed() -> None:
    user = make_user()
    token, secret = make_token(user)

    answer = client_of(user).patch(
        f"{TOKENS}{token.pk}/", {"description": "changed", "scope": "read", "token": "x"}, format="json"
    )

    assert answer.json() == answer.json() | {
        "description": "changed",
        "scope": "read",
        "token": "************",
    }
    assert bearer(secret).post(TOKENS, {}, format="json").status_code == 403
    assert client_of(user).patch(f"{TOKENS}{token.pk}/", {"scope": "x"}, format="json").json() == BAD_SCOPE


def test_deletion_answers_204_and_ends_the_token() -> None:
    user = make_user()
    token, secret = make_token(user)

    answer = bearer(secret).delete(f"{TOKENS}{token.pk}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert bearer(secret).get("/api/v2/me/").status_code == 401


def test_stranger_gets_no_token() -> None:
    user = make_user()

    answers = [
        APIClient().post(TOKENS, {}, format="json"),
        APIClient().post(f"/api/v2/users/{user.pk}/personal_tokens/", {}, format="json"),
        APIClient().get(TOKENS),
        APIClient().get(f"/api/v2/users/{user.pk}/personal_tokens/"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert not AccessToken.objects.exists()


def test_wrong_method_is_refused() -> None:
    user = make_user()

    assert client_of(user).put(TOKENS, {}, format="json").status_code == 405
    assert client_of(user).delete(f"/api/v2/users/{user.pk}/personal_tokens/").status_code == 405
    assert client_of(user).put(f"/api/v2/users/{user.pk}/authorized_tokens/", {}).status_code == 405


@pytest.mark.parametrize("path", [TOKENS, "/api/v2/users/ada/personal_tokens/"])
def test_list_costs_the_same_for_one_and_three(path: str) -> None:
    user = make_user("ada")
    client = client_of(user)
    make_token(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    one = queries()
    make_token(user), make_token(user)

    assert queries() == one
