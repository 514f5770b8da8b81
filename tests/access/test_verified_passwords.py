import base64
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.users import change_user, create_user
from access.verified_passwords import VerifiedPasswords
from tests.factories.access import PASSWORD
from tests.hashing import CheapArgon2

ME = "/api/v2/me/"


class CountingArgon2(CheapArgon2):
    verified: list[str]

    def verify(self, password: str, encoded: str) -> bool:
        self.verified.append(password)
        return super().verify(password, encoded)


@pytest.fixture
def hashed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that Argon2 has looked at."""
    verified: list[str] = []
    monkeypatch.setattr(CountingArgon2, "verified", verified, raising=False)
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingArgon2"]
    return verified


def status(password: str) -> int:
    credentials = base64.b64encode(f"ada:{password}".encode()).decode()
    return APIClient(HTTP_AUTHORIZATION=f"Basic {credentials}").get(ME).status_code


@pytest.mark.django_db
def test_right_password_is_hashed_once(hashed: list[str]) -> None:
    create_user(username="ada", password=PASSWORD)

    assert [status(PASSWORD) for _ in range(3)] == [200, 200, 200]

    assert hashed == [PASSWORD]


@pytest.mark.django_db
def test_wrong_password_is_hashed_each_time(hashed: list[str]) -> None:
    create_user(username="ada", password=PASSWORD)
    status(PASSWORD)

    assert [status("wrong") for _ in range(2)] == [401, 401]

    assert hashed == [PASSWORD, "wrong", "wrong"]


@pytest.mark.django_db
def test_old_password_is_refused_once_it_is_changed() -> None:
    user = create_user(username="ada", password=PASSWORD)
    assert status(PASSWORD) == 200

    change_user(user, password="another one")

    assert (status(PASSWORD), status("another one")) == (401, 200)


@pytest.mark.django_db
def test_known_password_opens_no_account_that_is_switched_off() -> None:
    user = create_user(username="ada", password=PASSWORD)
    assert status(PASSWORD) == 200

    change_user(user, is_active=False)

    assert status(PASSWORD) == 401


def test_password_is_known_for_its_time_and_its_hash_alone() -> None:
    passwords = VerifiedPasswords(remembered=60)
    passwords.add("hash", "password", at=1000)

    assert passwords.has("hash", "password", at=1059.9)
    assert not passwords.has("hash", "password", at=1060)
    assert not passwords.has("other hash", "password", at=1000)
    assert not passwords.has("hash", "other password", at=1000)


def test_no_more_are_kept_than_may_be() -> None:
    passwords = VerifiedPasswords(most=2)
    for name in ("first", "second", "third"):
        passwords.add("hash", name, at=0)

    assert [passwords.has("hash", name, at=1) for name in ("first", "second", "third")] == [False, True, True]


def test_nothing_that_is_kept_holds_the_password() -> None:
    passwords = VerifiedPasswords()
    passwords.add("hash", "password", at=0)

    assert "password" not in repr(vars(passwords))
