"""Look-ups in a Vault: what is asked, and what is said where there is no answer."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from credentials.lookups import Lookup, LookupStore, look_up_now
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from tests.vault import APPROLE, TOKEN, Vault

LOOPBACK = AllowList.parse(["127.0.0.0/8"])
SECRET = "pl41n-s3cret-v4lue"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault() as running:
        running.secrets = {
            "kv/team/app": {"password": SECRET, "port": 5432, "nested": {"a": 1}},
            "kv/data/team/app": {"data": {"password": SECRET}},
            "kv/data/team/app?version=2": {"data": {"password": "older"}},
            "kv/data/a%20b": {"data": {"password": "spaced"}},
        }
        yield running


def lookup(vault: Vault, metadata: dict[str, Any] | None = None, **inputs: Any) -> Lookup:
    inputs = (
        {"url": vault.url, "api_version": "v2"}
        | ({"token": TOKEN} if "role_id" not in inputs else {})
        | inputs
    )
    metadata = {"secret_path": "kv/team/app", "secret_key": "password"} | (metadata or {})
    return Lookup.of("the vault", "hashivault_kv", inputs, metadata)


@pytest.mark.parametrize(
    ("inputs", "metadata", "value"),
    [
        ({"api_version": "v1"}, {}, SECRET),
        ({"api_version": "v1"}, {"secret_backend": "kv", "secret_path": "/team/app"}, SECRET),
        ({"api_version": "v1"}, {"secret_key": "port"}, "5432"),
        ({}, {}, SECRET),
        ({}, {"secret_backend": "kv", "secret_path": "team/app/"}, SECRET),
        ({}, {"secret_version": "2"}, "older"),
        ({}, {"secret_path": "kv/a b"}, "spaced"),
        (APPROLE, {}, SECRET),
        (APPROLE | {"default_auth_path": "elsewhere"}, {"auth_path": "approle"}, SECRET),
        ({"namespace": "team-a"}, {}, SECRET),
    ],
)
def test_secret_is_found(vault: Vault, inputs: dict[str, Any], metadata: dict[str, Any], value: str) -> None:
    assert look_up_now(lookup(vault, metadata, **inputs), LOOPBACK) == value
    assert vault.namespaces == {inputs.get("namespace", "")}


@pytest.mark.parametrize(
    ("inputs", "metadata", "reason", "words"),
    [
        ({"token": "wrong-t0ken"}, {}, "connect", "Vault answered 403 to GET /v1/kv/data/team/app."),
        ({}, {"secret_path": "kv/none"}, "connect", "Vault answered 404 to GET /v1/kv/data/none."),
        ({}, {"secret_key": "none"}, "connect", "none is not present at kv/team/app."),
        ({"api_version": "v1"}, {"secret_key": "nested"}, "connect", "nested is not present at kv/team/app."),
        (
            {"role_id": "x", "secret_id": "wrong-s3cret"},
            {},
            "connect",
            "Vault answered 400 to POST /v1/auth/approle/login.",
        ),
        ({"role_id": "x"}, {}, "connect", "it has neither a token nor a role_id with a secret_id."),
        ({"cacert": "no"}, {}, "connect", "its CA certificate is not a certificate in PEM."),
        (
            {"url": "http://127.0.0.1:1"},
            {},
            "connect",
            "No connection to 127.0.0.1:1: Connect call failed ('127.0.0.1', 1).",
        ),
    ],
)
def test_failure_says_why_and_no_secret(
    vault: Vault, inputs: dict[str, Any], metadata: dict[str, Any], reason: str, words: str
) -> None:
    with pytest.raises(CallFailed) as failed:
        look_up_now(lookup(vault, metadata, **inputs), LOOPBACK)

    assert failed.value.reason == reason
    assert str(failed.value) == f"The look-up by the credential 'the vault' failed: {words}"


def test_addresses_that_may_not_be_called_are_not(vault: Vault) -> None:
    with pytest.raises(CallFailed) as failed:
        look_up_now(lookup(vault), AllowList.parse([]))

    assert failed.value.reason == "forbidden_address"
    assert vault.asked == []


def test_type_without_look_up_is_said() -> None:
    with pytest.raises(CallFailed, match="its type has no look-up"):
        look_up_now(Lookup.of("x", "aim", {}, {}), LOOPBACK)


def test_no_secret_in_a_representation(vault: Vault) -> None:
    assert TOKEN not in repr(lookup(vault))


def test_those_who_ask_the_same_share_one_answer(vault: Vault) -> None:
    async def ask() -> list[Any]:
        store = LookupStore()
        async with GuardedClient(LOOPBACK) as client:
            wanted = [lookup(vault)] * 20 + [lookup(vault, {"secret_key": "none"})] * 20
            asked = (store.value(one, client, within=10) for one in wanted)
            first = asyncio.create_task(store.value(lookup(vault), client, within=10))
            await asyncio.sleep(0)
            first.cancel()
            return list(await asyncio.gather(*asked, return_exceptions=True))

    answers = asyncio.run(ask())

    assert answers[:20] == [SECRET] * 20
    assert all(isinstance(answer, CallFailed) for answer in answers[20:])
    assert len(vault.asked) == 2
