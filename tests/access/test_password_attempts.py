"""Wrong passwords are bounded, wherever they are given, and never for good."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import PasswordAttempts
from access.password_attempts import network_of
from tests.factories.access import PASSWORD, bearer, make_token, make_user

pytestmark = pytest.mark.django_db

ME = "/api/v2/me/"
HOME, OFFICE, ELSEWHERE = "192.0.2.1", "198.51.100.1", "203.0.113.1"


@pytest.fixture(autouse=True)
def bounds(settings: Any) -> None:
    settings.LOGIN_FAILURES_SECONDS = 300
    settings.LOGIN_FAILURES_PER_ACCOUNT = 3
    settings.LOGIN_FAILURES_PER_ADDRESS = 5


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def ask(username: str, password: str, address: str = HOME) -> Any:
    word = base64.b64encode(f"{username}:{password}".encode()).decode()
    return APIClient(HTTP_AUTHORIZATION=f"Basic {word}", REMOTE_ADDR=address).get(ME)


def statuses(username: str, passwords: list[str], address: str = HOME) -> list[int]:
    return [ask(username, password, address).status_code for password in passwords]


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def test_wrong_passwords_are_401_up_to_the_bound_and_then_429(clock: time_machine.Traveller) -> None:
    make_user("ada")

    assert statuses("ada", ["a", "b", "c"]) == [401, 401, 401]
    refused = ask("ada", PASSWORD)

    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    assert refused.json()["detail"].startswith("Too many wrong passwords. Try again in 300 seconds.")


def test_nobody_is_kept_out_for_good(clock: time_machine.Traveller) -> None:
    make_user("ada")
    statuses("ada", ["a", "b", "c"])

    clock.move_to(later(299))
    early = ask("ada", PASSWORD)
    clock.move_to(later(1))

    assert (early.status_code, early["Retry-After"]) == (429, "1")
    assert ask("ada", PASSWORD).status_code == 200


def test_refused_attempts_do_not_prolong_the_wait(clock: time_machine.Traveller) -> None:
    make_user("ada")
    statuses("ada", ["a", "b", "c"])

    clock.move_to(later(290))
    statuses("ada", ["d"] * 10)
    clock.move_to(later(10))

    assert ask("ada", PASSWORD).status_code == 200


def test_right_password_ends_the_counting(clock: time_machine.Traveller) -> None:
    make_user("ada")

    assert statuses("ada", ["a", "b", PASSWORD, "c", "d", PASSWORD]) == [401, 401, 200, 401, 401, 200]


def test_failures_long_ago_do_not_count(clock: time_machine.Traveller) -> None:
    make_user("ada")
    statuses("ada", ["a", "b"])

    clock.move_to(later(300))

    assert statuses("ada", ["c", "d", PASSWORD]) == [401, 401, 200]


def test_failures_from_many_addresses_add_up_for_one_account(clock: time_machine.Traveller) -> None:
    make_user("ada"), make_user("bob")

    assert [ask("ada", "x", f"203.0.113.{n}").status_code for n in range(4)] == [401, 401, 401, 429]
    assert ask("bob", PASSWORD, ELSEWHERE).status_code == 200


def test_owner_gets_in_from_where_he_was_before(clock: time_machine.Traveller) -> None:
    make_user("ada")
    assert ask("ada", PASSWORD, HOME).status_code == 200

    assert statuses("ada", ["x"] * 4, ELSEWHERE) == [401, 401, 401, 429]

    assert ask("ada", PASSWORD, HOME).status_code == 200


def test_team_behind_one_address_is_not_kept_out(clock: time_machine.Traveller) -> None:
    for name in ("ada", "bob", "eve"):
        make_user(name)
    assert ask("ada", PASSWORD, OFFICE).status_code == 200

    tried = [ask(f"nobody-{n}", "x", OFFICE).status_code for n in range(6)]

    assert tried == [401] * 5 + [429]
    assert ask("ada", PASSWORD, OFFICE).status_code == 200
    assert (ask("bob", PASSWORD, OFFICE).status_code, ask("bob", PASSWORD, HOME).status_code) == (429, 200)


def test_what_is_known_of_an_address_is_forgotten(clock: time_machine.Traveller) -> None:
    make_user("ada")
    ask("ada", PASSWORD, HOME)

    clock.move_to(later(timedelta(days=31).total_seconds()))
    statuses("ada", ["x"] * 3, ELSEWHERE)

    assert ask("ada", PASSWORD, HOME).status_code == 429


def test_addresses_that_were_tried_from_are_not_kept(clock: time_machine.Traveller) -> None:
    make_user("ada")
    ask("ada", PASSWORD, HOME)
    ask("nobody", "x", ELSEWHERE)

    clock.move_to(later(300))
    ask("nobody", "x", OFFICE)

    assert sorted(PasswordAttempts.objects.values_list("address", flat=True)) == [HOME, OFFICE]


def test_spelling_a_name_otherwise_does_not_help(clock: time_machine.Traveller) -> None:
    make_user("ada")

    assert [ask(name, "x").status_code for name in ("ada", "\uff41da", "ada", "ad\uff41")] == [
        401,
        401,
        401,
        429,
    ]


def test_unknown_names_are_bounded_alike(clock: time_machine.Traveller) -> None:
    assert statuses("nobody", ["x"] * 4) == [401, 401, 401, 429]


def test_tokens_and_sessions_go_on(clock: time_machine.Traveller) -> None:
    user = make_user("ada")
    _, secret = make_token(user)
    session = APIClient()
    session.force_login(user)
    statuses("ada", ["x"] * 4)

    assert (bearer(secret).get(ME).status_code, session.get(ME).status_code) == (200, 200)


def test_login_form_says_when_to_come_back(clock: time_machine.Traveller) -> None:
    make_user("ada")
    client = APIClient()
    fields = {"username": "ada", "password": "x", "next": "/api/"}

    answers = [client.post("/api/login/", fields, format="multipart") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3]["Retry-After"] == "300"
    assert "Try again in 300 seconds." in answers[3].content.decode()


def test_name_that_was_tried_is_not_stored() -> None:
    ask("my-password-by-mistake", "x")

    assert "my-password-by-mistake" not in str(list(PasswordAttempts.objects.values()))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, ""),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_client_is_told_apart_by_its_network(address: str | None, network: str) -> None:
    assert network_of(address) == network
