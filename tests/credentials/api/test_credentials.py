from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import User
from credentials.encryption import decrypt
from credentials.models import Credential
from tests.factories.access import make_organization
from tests.factories.credentials import make_credential, managed_type
from tests.factories.jobs import make_job_template
from tests.factories.roles import give

LIST = "/api/v2/credentials/"
SECRET = "pl41n-s3cret-v4lue"


def body(namespace: str = "ssh", **values: Any) -> dict[str, Any]:
    given = {"name": "x", "credential_type": managed_type(namespace).pk, "inputs": {"username": "u"}}
    return given | ({} if "user" in values else {"organization": make_organization().pk}) | values


def test_secret_goes_in_and_does_not_come_out(admin: APIClient) -> None:
    made = admin.post(LIST, body(inputs={"username": "u", "password": SECRET}))

    assert made.status_code == 201
    assert made.json()["inputs"] == {"username": "u", "password": "$encrypted$"}
    assert (made.json()["kind"], made.json()["cloud"], made.json()["managed"]) == ("ssh", False, False)
    stored = Credential.objects.get().inputs["password"]
    assert SECRET not in stored
    assert decrypt(stored) == SECRET


def test_masked_secret_that_comes_back_keeps_what_is_stored(admin: APIClient) -> None:
    credential = make_credential(inputs={"username": "u", "password": SECRET, "become_method": "sudo"})

    changed = admin.patch(f"{LIST}{credential.pk}/", {"inputs": {"username": "v", "password": "$encrypted$"}})

    assert changed.json()["inputs"] == {"username": "v", "password": "$encrypted$"}
    credential.refresh_from_db()
    assert decrypt(credential.inputs["password"]) == SECRET


def test_empty_text_clears_a_secret_and_the_mask_of_nothing_is_nothing(admin: APIClient) -> None:
    credential = make_credential(inputs={"password": SECRET})
    path = f"{LIST}{credential.pk}/"

    cleared = admin.patch(path, {"inputs": {"password": "", "become_password": "$encrypted$"}})

    assert cleared.json()["inputs"] == {"password": ""}


def test_value_that_is_asked_for_is_not_encrypted(admin: APIClient) -> None:
    made = admin.post(LIST, body(inputs={"username": "u", "password": "ASK"}))

    assert made.json()["inputs"] == {"username": "u", "password": "ASK"}


@pytest.mark.parametrize(
    ("inputs", "namespace", "words"),
    [
        ({"nope": 1}, "ssh", ["Additional properties are not allowed ('nope' was unexpected)"]),
        ("x", "ssh", ["str provided, expected dict"]),
        ({"become_method": 5}, "ssh", {"become_method": ["5 is not of type 'string'"]}),
        ({"password": 5}, "ssh", {"password": ["The value is not of type 'string'"]}),
        ({"ssh_key_data": "no"}, "ssh", {"ssh_key_data": ["Invalid certificate or key: no..."]}),
        (
            {"ssh_key_unlock": "x"},
            "ssh",
            {"ssh_key_unlock": ['cannot be set unless "SSH Private Key" is set']},
        ),
        ({}, "vault", {"vault_password": ["required for Vault"]}),
        ({}, "certificate_authority", {"ca": ["required for Private Certificate Authority"]}),
        ({"ca": "no"}, "certificate_authority", {"ca": ["No certificates in PEM."]}),
        (
            {"ca": "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n"},
            "certificate_authority",
            {"ca": ["No certificates in PEM."]},
        ),
        (
            {"certificate": "c", "private_key": "k", "ca": "é"},
            "mtls",
            {"ca": ["No certificates in PEM."]},
        ),
        (
            {"vault_password": "x", "vault_id": "a@b"},
            "vault",
            {"vault_id": ["@ is not an allowed character"]},
        ),
        (
            {"token_url": "http://x", "client_id": "a", "client_secret": "b", "client_auth": "c"},
            "oauth2_client_credentials",
            {"client_auth": ["'c' is not one of ['basic', 'body']"]},
        ),
        (
            {"username": "$encrypted$x"},
            "ssh",
            {"username": ["A value may not begin with the reserved word $encrypted$."]},
        ),
    ],
)
def test_bad_inputs_are_refused_in_words(
    admin: APIClient, inputs: object, namespace: str, words: object
) -> None:
    answer = admin.post(LIST, body(namespace, inputs=inputs))

    assert (answer.status_code, answer.json()) == (400, {"inputs": words})
    assert not Credential.objects.exists()


def test_credential_has_one_owner(admin: APIClient, root: User) -> None:
    missing = admin.post(LIST, body(organization=None))
    two = admin.post(LIST, body() | {"user": root.pk})

    assert missing.json() == {"detail": ["Missing 'user', 'team', or 'organization'."]}
    text = (
        "Only one of 'user', 'team', or 'organization' should be provided, "
        "received organization, user fields."
    )
    assert two.json() == {"detail": [text]}


def test_name_is_unique_in_organization_and_type(admin: APIClient) -> None:
    given = body()
    admin.post(LIST, given)

    again = admin.post(LIST, given)

    text = "Credential with this Organization, Name and Credential type already exists."
    assert (again.status_code, again.json()) == (400, {"__all__": [text]})


def test_type_of_a_credential_in_use_stays(admin: APIClient) -> None:
    credential = make_credential()
    make_job_template().credentials.add(credential)

    answer = admin.patch(f"{LIST}{credential.pk}/", {"credential_type": managed_type("scm").pk})

    assert answer.status_code == 400
    assert list(answer.json()) == ["credential_type"]


def test_copy_has_the_same_secret(admin: APIClient) -> None:
    credential = make_credential(name="one", inputs={"password": SECRET})
    path = f"{LIST}{credential.pk}/copy/"

    assert admin.get(path).json() == {"can_copy": True}
    copied = admin.post(path, {"name": "two"})

    assert copied.status_code == 201
    assert copied.json()["inputs"] == {"password": "$encrypted$"}
    assert decrypt(Credential.objects.get(name="two").inputs["password"]) == SECRET
    assert admin.post(path, {"name": "one"}).status_code == 400
    assert admin.post(path, {"name": "two"}).status_code == 400
    assert admin.put(path, {}).status_code == 405


def test_user_has_his_own_and_sees_no_others(stranger: APIClient, nobody: APIClient) -> None:
    user = User.objects.get(username="stranger")
    other = make_credential(inputs={"password": SECRET})

    own = stranger.post(LIST, body(user=user.pk))

    assert own.status_code == 201
    assert [row["id"] for row in stranger.get(LIST).json()["results"]] == [own.json()["id"]]
    assert stranger.get(f"{LIST}{other.pk}/").status_code == 403
    assert stranger.patch(f"{LIST}{other.pk}/", {"name": "y"}).status_code == 403
    assert stranger.delete(f"{LIST}{other.pk}/").status_code == 403
    assert stranger.post(f"{LIST}{other.pk}/copy/", {"name": "y"}).status_code == 403
    assert stranger.post(LIST, body()).status_code == 403
    assert stranger.patch(own.json()["url"], {"organization": other.organization_id}).status_code == 403
    assert stranger.delete(own.json()["url"]).status_code == 204
    assert nobody.get(LIST).status_code == 401


def test_inputs_cannot_be_searched(admin: APIClient) -> None:
    make_credential(inputs={"username": "u"})

    assert admin.get(LIST, {"inputs": "u"}).status_code == 403
    assert admin.get(LIST, {"inputs__icontains": "u"}).status_code == 403
    assert admin.get("/api/v2/job_templates/", {"credentials__inputs": "u"}).status_code == 403
    assert admin.get(LIST, {"credential_type__namespace": "ssh"}).json()["count"] == 1


def test_lists_below_others(admin: APIClient, root: User) -> None:
    of_organization = make_credential()
    of_user = make_credential(organization=None)
    give(of_user, "admin_role", root)
    organization = of_organization.organization
    assert organization is not None

    def ids(path: str) -> list[int]:
        return [row["id"] for row in admin.get(path).json()["results"]]

    assert ids(f"/api/v2/organizations/{organization.pk}/credentials/") == [of_organization.pk]
    assert ids("/api/v2/users/root/credentials/") == [of_organization.pk, of_user.pk]
    assert ids(f"{LIST}{of_user.pk}/owner_users/") == [root.pk]
    assert ids(f"{LIST}{of_organization.pk}/owner_users/") == []
    types = f"/api/v2/credential_types/{of_user.credential_type_id}/credentials/"
    assert sorted(ids(types)) == [of_organization.pk, of_user.pk]
    given = {"name": "z", "credential_type": of_user.credential_type_id}
    assert (
        admin.post("/api/v2/users/root/credentials/", given).json()["related"]["user"]
        == f"/api/v2/users/{root.pk}/"
    )
    assert admin.delete(types).status_code == 405


def test_paths_of_a_credential_answer(admin: APIClient) -> None:
    credential = make_credential()

    for path in admin.get(f"{LIST}{credential.pk}/").json()["related"].values():
        assert admin.get(path).status_code == 200, path


def test_list_costs_the_same_for_one_and_three(admin: APIClient, root: User) -> None:
    costs = []
    for rows in (1, 2):
        for _ in range(rows):
            make_credential(inputs={"password": "x"}, created_by=root)
        with CaptureQueriesContext(connection) as captured:
            admin.get(LIST)
        costs.append(len(captured))

    assert costs[0] == costs[1]
