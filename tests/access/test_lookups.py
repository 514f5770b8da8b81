"""Lookups through relations tell nothing of what the asker may not read."""

from typing import Any

import pytest
from django.db.models import Q

from access import rules
from access.models import Organization, User
from access.rules import Rules, register
from tests.factories.access import client_of, make_organization, make_superuser, make_user

pytestmark = pytest.mark.django_db

LIST = "/api/v2/organizations/"


class Open(Rules):
    def readable(self, user: User) -> Q:
        return Q()


@pytest.fixture
def secretive(monkeypatch: pytest.MonkeyPatch) -> User:
    """The maker of an organization that everybody reads; himself he is read by superusers only."""
    monkeypatch.setattr(rules, "_rules", dict(rules._rules))
    register(Organization, Open())
    user = make_user("maker", email="a-secret@example.com")
    make_organization("org", created_by=user)
    return user


@pytest.mark.parametrize(
    "query",
    [
        "created_by__email__startswith=",
        "created_by__email__regex=^",
        "or__created_by__email__startswith=",
        "chain__created_by__email__startswith=",
        "created_by__search=",
    ],
)
def test_hidden_value_is_not_found_out(secretive: User, query: str) -> None:
    def counts(user: User) -> list[Any]:
        client = client_of(user)
        return [client.get(f"{LIST}?{query}{text}").json()["count"] for text in ("a-sec", "zzz")]

    assert counts(make_superuser()) == [1, 0]
    assert counts(make_user()) == [0, 0]


def test_negated_lookup_tells_nothing(secretive: User) -> None:
    client = client_of(make_user())

    answers = [
        client.get(f"{LIST}?not__created_by__email__startswith={text}").json()["count"]
        for text in ("a-sec", "zzz")
    ]

    assert answers == [1, 1]


def test_order_tells_nothing(secretive: User) -> None:
    make_organization("other", created_by=make_user(email="zz@example.com"))

    def names(user: User, order: str) -> list[str]:
        return [row["name"] for row in client_of(user).get(f"{LIST}?order_by={order}").json()["results"]]

    assert names(make_superuser(), "-created_by__email") == ["other", "org"]
    user = make_user()
    assert names(user, "created_by__email") == ["org", "other"]
    assert names(user, "-created_by__email") == ["other", "org"]


def test_what_the_row_shows_anyway_can_be_asked(secretive: User) -> None:
    client = client_of(make_user())

    assert client.get(f"{LIST}?created_by__username=maker").json()["count"] == 1
    assert client.get(f"{LIST}?created_by={secretive.pk}").json()["count"] == 1


def test_what_one_may_read_can_be_asked(secretive: User) -> None:
    assert client_of(secretive).get(f"{LIST}?created_by__email__startswith=a-sec").json()["count"] == 1
