"""Inputs that are looked up elsewhere, as resources, and the test of a look-up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from credentials.models import Credential, CredentialInputSource
from tests.factories.access import client_of, make_user
from tests.factories.credentials import make_credential, managed_type
from tests.factories.roles import give, holder
from tests.vault import TOKEN, Vault

pytestmark = pytest.mark.django_db

LIST = "/api/v2/credential_input_sources/"
SECRET = "pl41n-s3cret-v4lue"
REQUIRED = ("input_field_name", "target_credential", "source_credential")
METADATA = {"secret_path": "kv/app", "secret_key": "password"}


@pytest.fixture
def vault(settings: Any) -> Iterator[Vault]:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with Vault() as running:
        running.secrets["kv/app"] = {"password": SECRET}
        yield running


def external(url: str = "http://127.0.0.1:1", **inputs: Any) -> Credential:
    given = {"url": url, "token": TOKEN, "api_version": "v1"} | inputs
    return make_credential("hashivault_kv", inputs=given)


def body(target: Credential, source: Credential, **values: Any) -> dict[str, Any]:
    ids = {"target_credential": target.pk, "source_credential": source.pk}
    return ids | {"input_field_name": "password", "metadata": METADATA} | values


def test_life_of_an_input_source(admin: APIClient) -> None:
    target, source = make_credential(), external()

    made = admin.post(LIST, body(target, source, description="d"))

    assert made.status_code == 201
    shown = made.json()
    assert shown["type"] == "credential_input_source"
    assert {name: shown[name] for name in ("metadata", "input_field_name", "description")} == {
        "metadata": METADATA,
        "input_field_name": "password",
        "description": "d",
    }
    assert shown["related"]["source_credential"] == f"/api/v2/credentials/{source.pk}/"
    assert shown["summary_fields"]["target_credential"]["credential_type_id"] == target.credential_type_id
    below = f"/api/v2/credentials/{target.pk}/input_sources/"
    assert [row["id"] for row in admin.get(below).json()["results"]] == [shown["id"]]
    changed = admin.patch(shown["url"], {"metadata": METADATA | {"secret_key": "other"}})
    assert changed.json()["metadata"]["secret_key"] == "other"
    assert admin.delete(shown["url"]).status_code == 204
    assert admin.get(below).json()["count"] == 0
    again = {"source_credential": source.pk, "input_field_name": "password", "metadata": METADATA}
    assert admin.post(below, again).status_code == 201
    assert admin.get(f"{LIST}?input_field_name=password").json()["count"] == 1


def test_nonsense_is_refused(admin: APIClient) -> None:
    target, source = make_credential(), external()
    options = ", ".join(sorted(target.credential_type.fields_by_id))
    refused: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (body(source, source), {"target_credential": ["Target must be a non-external credential"]}),
        (body(target, target), {"source_credential": ["Source must be an external credential"]}),
        (
            body(target, source, input_field_name="nope"),
            {
                "input_field_name": [
                    f"Input field must be defined on target credential (options are {options})."
                ]
            },
        ),
        (
            body(target, source, metadata={"secret_path": "x"}),
            {"metadata": {"secret_key": ["required for HashiCorp Vault Secret Lookup"]}},
        ),
        (
            body(target, source, metadata=METADATA | {"nope": 1}),
            {"metadata": ["Additional properties are not allowed ('nope' was unexpected)"]},
        ),
        (body(target, source, metadata="x"), {"metadata": ["str provided, expected dict"]}),
        (
            {},
            {
                name: ["This field is required."]
                for name in ("input_field_name", "target_credential", "source_credential")
            },
        ),
    ]

    for given, words in refused:
        answer = admin.post(LIST, given)
        assert (answer.status_code, answer.json()) == (400, words), given
    assert admin.post(LIST, body(target, source)).status_code == 201
    twice = admin.post(LIST, body(target, source))
    text = "Credential input source with this Target credential and Input field name already exists."
    assert (twice.status_code, twice.json()) == (400, {"__all__": [text]})
    assert CredentialInputSource.objects.count() == 1


def test_target_is_his_to_change_and_source_to_use() -> None:
    target, source = make_credential(), external()
    user = make_user()
    client = client_of(user)

    def post() -> int:
        return client.post(LIST, body(target, source), format="json").status_code

    assert post() == 403
    give(target, "admin_role", user)
    assert post() == 403
    give(source, "use_role", user)
    assert post() == 201
    path = f"{LIST}{CredentialInputSource.objects.get().pk}/"
    reader, ruler = holder(target, "read_role"), holder(target, "admin_role")
    assert [client_of(one).get(path).status_code for one in (reader, make_user())] == [200, 403]
    assert client_of(reader).delete(path).status_code == 403
    assert client_of(ruler).patch(path, {"metadata": METADATA}, format="json").status_code == 403
    assert client_of(ruler).delete(path).status_code == 204


def test_looked_up_input_need_not_be_given(admin: APIClient) -> None:
    target = make_credential("http_bearer", inputs={"token": "x"})
    path = f"/api/v2/credentials/{target.pk}/"

    assert admin.patch(path, {"inputs": {}}).status_code == 400
    assert admin.post(LIST, body(target, external(), input_field_name="token")).status_code == 201
    assert admin.patch(path, {"inputs": {}}).json()["inputs"] == {}


def test_copy_is_looked_up_as_well(admin: APIClient) -> None:
    target = make_credential()
    admin.post(LIST, body(target, external()))

    copied = admin.post(f"/api/v2/credentials/{target.pk}/copy/", {"name": "copy"}).json()

    assert admin.get(copied["related"]["input_sources"]).json()["results"][0]["metadata"] == METADATA


def test_list_costs_the_same_for_one_and_three(admin: APIClient) -> None:
    costs = []
    for rows in (1, 2):
        for _ in range(rows):
            admin.post(LIST, body(make_credential(), external()))
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(LIST).status_code == 200
        costs.append(len(captured))

    assert costs[0] == costs[1]


def test_stored_credential_is_tested(admin: APIClient, vault: Vault) -> None:
    path = f"/api/v2/credentials/{external(vault.url).pk}/test/"

    found = admin.post(path, {"metadata": METADATA})
    lost = admin.post(path, {"metadata": METADATA | {"secret_key": "none"}})
    typed_in = admin.post(path, {"inputs": {"token": "wrong"}, "metadata": METADATA})

    assert (found.status_code, found.json()) == (202, {})
    assert (lost.status_code, list(lost.json())) == (400, ["inputs"])
    assert "none is not present at kv/app." in lost.json()["inputs"]
    assert "Vault answered 403" in typed_in.json()["inputs"]
    assert admin.post(path, {"metadata": {}}).status_code == 400
    assert admin.post(f"/api/v2/credentials/{make_credential().pk}/test/", {}).status_code == 400


def test_stored_token_is_not_sent_elsewhere(vault: Vault) -> None:
    credential = external()
    client = client_of(holder(credential, "use_role"))
    path = f"/api/v2/credentials/{credential.pk}/test/"

    moved = client.post(path, {"inputs": {"url": vault.url}, "metadata": METADATA}, format="json")

    assert (moved.status_code, vault.asked) == (400, [])
    own = {"url": vault.url, "token": TOKEN}
    assert client.post(path, {"inputs": own, "metadata": METADATA}, format="json").status_code == 202
    reader = client_of(holder(credential, "read_role"))
    assert reader.post(path, {"metadata": METADATA}, format="json").status_code == 403


def test_type_is_tested_before_there_is_a_credential(admin: APIClient, vault: Vault) -> None:
    path = f"/api/v2/credential_types/{managed_type('hashivault_kv').pk}/test/"
    given = {"inputs": {"url": vault.url, "token": TOKEN, "api_version": "v1"}, "metadata": METADATA}

    assert admin.post(path, given).status_code == 202
    assert admin.post(path, {"metadata": METADATA}).json() == {
        "inputs": {name: ["required for HashiCorp Vault Secret Lookup"] for name in ("url", "api_version")}
    }
    assert client_of(make_user()).post(path, given, format="json").status_code == 403
    assert admin.post("/api/v2/credential_types/999999/test/", given).status_code == 404
