import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import User
from scheduler_project import settings as product_settings
from tests.factories.access import PASSWORD, client_of, make_superuser, make_user

pytestmark = pytest.mark.django_db

USERS = "/api/v2/users/"
DENIED = {"detail": "You do not have permission to perform this action."}
NEW = {
    "username": "made",
    "password": "Made-pass-1",
    "first_name": "F",
    "last_name": "L",
    "email": "m@example.com",
}


def path(user: User) -> str:
    return f"{USERS}{user.pk}/"


def test_superuser_makes_a_user() -> None:
    answer = client_of(make_superuser()).post(USERS, NEW, format="json")

    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, body["url"])
    assert body == body | {
        "type": "user",
        "username": "made",
        "first_name": "F",
        "last_name": "L",
        "email": "m@example.com",
        "is_superuser": False,
        "is_system_auditor": False,
        "password": "$encrypted$",
        "last_login": None,
        "modified": None,
    }
    assert body["summary_fields"]["user_capabilities"] == {"edit": True, "delete": True}
    assert body["related"]["personal_tokens"] == f"{body['url']}personal_tokens/"


def test_password_is_hashed_with_argon2(settings: Any) -> None:
    settings.PASSWORD_HASHERS = product_settings.PASSWORD_HASHERS

    client_of(make_superuser()).post(USERS, NEW, format="json")

    made = User.objects.get(username="made")
    assert re.match(r"argon2\$argon2id\$v=19\$m=102400,t=2,p=8\$", made.password)
    assert made.check_password("Made-pass-1")


def test_password_keeps_its_spaces() -> None:
    client_of(make_superuser()).post(USERS, NEW | {"password": " a b "}, format="json")

    assert User.objects.get(username="made").check_password(" a b ")


def test_masked_password_of_a_new_user_is_none() -> None:
    client_of(make_superuser()).post(USERS, NEW | {"password": "$encrypted$"}, format="json")

    made = User.objects.get(username="made")
    assert not made.has_usable_password()
    assert not made.check_password("$encrypted$")


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"username": ["This field is required."], "password": ["Password required for new User."]}),
        ({"username": "m2"}, {"password": ["Password required for new User."]}),
        ({"username": "m3", "password": ""}, {"password": ["This field may not be blank."]}),
        ({"username": "taken", "password": "x"}, {"username": ["A user with that username already exists."]}),
        (
            {"username": "\N{FULLWIDTH LATIN SMALL LETTER T}aken", "password": "x"},
            {"username": ["A user with that username already exists."]},
        ),
        (
            {"username": "bad name!", "password": "x"},
            {
                "username": [
                    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
                ]
            },
        ),
        (
            {"username": "u" * 151, "password": "x"},
            {"username": ["Ensure this field has no more than 150 characters."]},
        ),
        ({"username": "m4", "password": "x", "email": "x"}, {"email": ["Enter a valid email address."]}),
        (
            {"username": "m5", "password": "x", "is_superuser": "x"},
            {"is_superuser": ["Must be a valid boolean."]},
        ),
    ],
)
def test_bad_user_is_refused(given: dict[str, Any], errors: dict[str, list[str]]) -> None:
    asker = make_superuser()
    make_user("taken")

    answer = client_of(asker).post(USERS, given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    "given",
    [
        "[]",
        "1",
        "{",
        '"x"',
        '{"username": {}, "password": []}',
        '{"username": "a\\u0000b", "password": "x"}',
        '{"username": "\\ud800", "password": "x"}',
        '{"username": "x", "password": "\\u0000"}',
        '{"username": "x", "password": "\\ud800"}',
        '{"username": 1e400, "password": "x"}',
    ],
)
def test_odd_bodies_are_bad_requests(given: str) -> None:
    answer = client_of(make_superuser()).post(USERS, given, content_type="application/json")

    assert answer.status_code == 400
    assert User.objects.count() == 1


def test_user_is_found_by_name() -> None:
    user = make_user("ada.l+x@example")

    by_name = client_of(user).get(f"{USERS}ada.l%5B+%5Dx@example/")

    assert by_name.json()["id"] == user.pk


@pytest.mark.parametrize(
    "name", ["nobody", "999999", "9" * 18, "9" * 19, "9" * 5000, "٣", "%00", "%ED%A0%80", "-1"]
)
def test_unknown_user_is_not_found(name: str) -> None:
    assert client_of(make_superuser()).get(f"{USERS}{name}/").status_code == 404


def test_stranger_is_sent_to_log_in() -> None:
    user = make_user()
    client = APIClient()

    answers = [
        client.get(USERS),
        client.post(USERS, NEW, format="json"),
        client.get(path(user)),
        client.patch(path(user), {"last_name": "x"}, format="json"),
        client.delete(path(user)),
        client.options(USERS),
        client.get("/api/v2/me/"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 7


def test_user_sees_himself_and_superusers() -> None:
    admin, user = make_superuser("admin"), make_user("user")
    make_user("other")

    answer = client_of(user).get(USERS)

    assert [row["id"] for row in answer.json()["results"]] == [admin.pk, user.pk]


def test_auditor_sees_everybody_and_changes_nobody() -> None:
    auditor, other = make_user("a", is_system_auditor=True), make_user("b")
    client = client_of(auditor)

    assert client.get(USERS).json()["count"] == 2
    assert client.get(path(other)).status_code == 200
    assert client.patch(path(other), {"last_name": "x"}, format="json").status_code == 403
    assert client.post(USERS, NEW, format="json").status_code == 403


def test_user_may_not_touch_others() -> None:
    user, other = make_user(), make_user()
    client = client_of(user)

    answers = [
        client.get(path(other)),
        client.patch(path(other), {"last_name": "x"}, format="json"),
        client.put(path(other), NEW, format="json"),
        client.post(USERS, NEW, format="json"),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(403, DENIED)] * 4
    deletion = client.delete(path(other))
    assert (deletion.status_code, deletion.json()) == (403, {"detail": "Cannot delete user."})
    assert client.patch(f"{USERS}999999/", {}, format="json").status_code == 404


def test_user_changes_his_own_profile() -> None:
    user = make_user()

    answer = client_of(user).patch(path(user), {"first_name": "Ada", "password": "short"}, format="json")

    user.refresh_from_db()
    assert (answer.status_code, user.first_name, user.check_password("short")) == (200, "Ada", True)
    assert answer.json()["summary_fields"]["user_capabilities"] == {"edit": True, "delete": False}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("is_superuser", True, DENIED["detail"]),
        ("is_superuser", "on", DENIED["detail"]),
        ("is_superuser", 1, DENIED["detail"]),
        ("is_system_auditor", True, "Cannot change is_system_auditor."),
        ("username", "other", "Cannot change username."),
    ],
)
def test_user_may_not_promote_or_rename_himself(field: str, value: object, words: str) -> None:
    user = make_user("user")

    answer = client_of(user).patch(path(user), {field: value, "first_name": "Ada"}, format="json")

    assert (answer.status_code, answer.json()) == (403, {"detail": words})
    user.refresh_from_db()
    assert (user.is_superuser, user.is_system_auditor, user.username, user.first_name) == (
        False,
        False,
        "user",
        "",
    )


def test_user_may_send_what_is_his_already() -> None:
    user = make_user("user")
    body = {"username": "user", "is_superuser": False, "is_system_auditor": False, "last_name": "L"}

    assert client_of(user).put(path(user), body, format="json").status_code == 200


def test_empty_and_masked_password_keep_the_old_one() -> None:
    user = make_user()
    client = client_of(make_superuser())

    client.patch(path(user), {"password": "$encrypted$"}, format="json")
    client.put(path(user), {"username": user.username}, format="json")

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_new_password_ends_other_sessions_and_not_the_own() -> None:
    user = make_user()
    own, other = APIClient(), APIClient()
    own.force_login(user)
    other.force_login(user)

    own.patch(path(user), {"password": "new"}, format="json")

    assert [client.get("/api/v2/me/").status_code for client in (own, other)] == [200, 401]


def test_put_wants_the_username() -> None:
    answer = client_of(make_superuser()).put(path(make_user()), {}, format="json")

    assert (answer.status_code, answer.json()) == (400, {"username": ["This field is required."]})


def test_superuser_deletes_a_user() -> None:
    user = make_user()

    answer = client_of(make_superuser()).delete(path(user))

    assert (answer.status_code, answer.content) == (204, b"")
    assert not User.objects.filter(pk=user.pk).exists()


def test_nobody_deletes_himself() -> None:
    admin = make_superuser()
    make_superuser()

    answer = client_of(admin).delete(path(admin))

    assert (answer.status_code, answer.json()) == (403, {"detail": "Cannot delete user."})


def test_last_superuser_remains_one() -> None:
    admin = make_superuser()
    make_superuser(is_active=False)

    answer = client_of(admin).patch(path(admin), {"is_superuser": False}, format="json")

    assert (answer.status_code, list(answer.json())) == (400, ["is_superuser"])
    assert User.objects.get(pk=admin.pk).is_superuser


def test_superuser_who_is_not_the_last_may_be_demoted() -> None:
    admin, other = make_superuser(), make_superuser()

    answer = client_of(admin).patch(path(other), {"is_superuser": False}, format="json")

    assert (answer.status_code, answer.json()["is_superuser"]) == (200, False)


def test_me_is_a_list_of_one() -> None:
    make_superuser()
    user = make_user()

    body = client_of(user).get("/api/v2/me/").json()

    assert (body["count"], [row["id"] for row in body["results"]]) == (1, [user.pk])
    assert client_of(user).post("/api/v2/me/", {}, format="json").status_code == 405


def test_wrong_method_is_named() -> None:
    answer = client_of(make_user()).delete(USERS)

    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "DELETE" not allowed.'})


def test_list_costs_the_same_for_one_and_three() -> None:
    client = client_of(make_superuser())

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(USERS)
        return len(captured)

    one = queries()
    make_user(), make_user()

    assert queries() == one


def test_nobody_has_roles_of_a_user() -> None:
    client = client_of(make_superuser())

    assert client.get(f"/api/v2/users/{make_user().pk}/access_list/").json()["results"] == []
    assert client.get("/api/v2/users/999999/access_list/").status_code == 404
