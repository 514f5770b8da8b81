"""Credentials of job templates, of launches and of runs."""

import pytest
from rest_framework.test import APIClient

from credentials.models import Credential
from jobs.models import JobTemplate, UnifiedJob
from tests.factories.credentials import make_credential
from tests.factories.jobs import make_job_template

LIST = "/api/v2/job_templates/"


@pytest.fixture
def template(db: None) -> JobTemplate:
    return make_job_template()


def path_of(template: JobTemplate, name: str = "credentials") -> str:
    return f"{LIST}{template.pk}/{name}/"


def test_credential_is_attached_and_detached(admin: APIClient, template: JobTemplate) -> None:
    credential = make_credential("http_bearer", inputs={"token": "x"})
    path = path_of(template)

    attached = admin.post(path, {"id": credential.pk})

    assert (attached.status_code, attached.content) == (204, b"")
    assert [row["id"] for row in admin.get(path).json()["results"]] == [credential.pk]
    summary = admin.get(f"{LIST}{template.pk}/").json()["summary_fields"]["credentials"]
    assert [(row["id"], row["kind"], row["cloud"]) for row in summary] == [
        (credential.pk, "http_bearer", False)
    ]
    assert admin.post(path, {"id": credential.pk, "disassociate": True}).status_code == 204
    assert admin.get(path).json()["count"] == 0


def test_what_does_not_go_together_is_refused(admin: APIClient, template: JobTemplate) -> None:
    path = path_of(template)
    template.credentials.add(make_credential("ssh"))
    other, source = make_credential("ssh"), make_credential("scm")

    refused = {
        other.pk: {"error": "Cannot assign multiple Machine credentials."},
        source.pk: {"error": "Cannot assign a Credential of kind `scm`."},
        999999: {"detail": "Credential matching query does not exist."},
        10**30: {"detail": "Credential matching query does not exist."},
        "x": {"msg": '"id" field must be an integer.'},
        None: {"msg": '"id" field is missing.'},
    }

    for number, error in refused.items():
        answer = admin.post(path, {"id": number})
        assert (answer.status_code, answer.json()) == (400, error)
    assert template.credentials.count() == 1


def test_strangers_attach_nothing(stranger: APIClient, nobody: APIClient, template: JobTemplate) -> None:
    credential = make_credential()

    assert stranger.post(path_of(template), {"id": credential.pk}).status_code == 403
    assert stranger.get(path_of(template)).status_code == 403
    assert nobody.get(path_of(template)).status_code == 401
    assert not template.credentials.exists()


def test_options_says_that_an_id_is_taken(admin: APIClient, template: JobTemplate) -> None:
    answer = admin.options(path_of(template))

    assert list(answer.json()["actions"]["POST"]) == ["id"]
    assert admin.put(path_of(template), {}).status_code == 405


def launched(admin: APIClient, template: JobTemplate, credentials: object) -> list[int]:
    answer = admin.post(path_of(template, "launch"), {"credentials": credentials})
    assert answer.status_code == 201, answer.json()
    job = answer.json()
    listed = admin.get(job["related"]["credentials"]).json()["results"]
    ids = [row["id"] for row in job["summary_fields"]["credentials"]]
    assert sorted(ids) == sorted(row["id"] for row in listed)
    assert sorted(UnifiedJob.objects.get(pk=job["id"]).request["credentials"]) == sorted(ids)
    return sorted(ids)


def test_launch_replaces_a_credential_of_its_like(admin: APIClient) -> None:
    template = make_job_template(ask_credential_on_launch=True)
    machine, bearer = make_credential("ssh"), make_credential("http_bearer", inputs={"token": "x"})
    other = make_credential("http_bearer", inputs={"token": "y"})
    template.credentials.set([machine, bearer])

    assert launched(admin, template, [machine.pk, other.pk]) == [machine.pk, other.pk]
    assert launched(admin, template, None) == [machine.pk, bearer.pk]
    lacking = admin.post(path_of(template, "launch"), {"credentials": [other.pk]})
    assert lacking.status_code == 400
    assert lacking.json()["credentials"][0].startswith("Removing Machine credential at launch time without")


def test_launch_refuses_what_cannot_be_used(admin: APIClient) -> None:
    template = make_job_template(ask_credential_on_launch=True)
    machine, asks = make_credential("ssh"), make_credential("ssh", inputs={"password": "ASK"})
    path = path_of(template, "launch")

    answers = {
        "x": {"credentials": ['Expected a list of items but got type "str".']},
        (999999,): {"credentials": ['Invalid pk "999999" - object does not exist.']},
        (asks.pk,): {"passwords_needed_to_start": ["ssh_password"]},
        (machine.pk, asks.pk): {
            "credentials": ["Cannot assign multiple Machine credentials."],
            "passwords_needed_to_start": ["ssh_password"],
        },
    }

    for given, errors in answers.items():
        answer = admin.post(path, {"credentials": given})
        assert (answer.status_code, answer.json()) == (400, errors)
    given_password = {"credentials": [asks.pk], "credential_passwords": {"ssh_password": "p4ssw0rd-given"}}
    assert admin.post(path, given_password).status_code == 201


def test_template_that_does_not_ask_ignores_credentials(admin: APIClient, template: JobTemplate) -> None:
    credential = make_credential()

    answer = admin.post(path_of(template, "launch"), {"credentials": [credential.pk]})

    assert answer.json()["ignored_fields"] == {"credentials": [credential.pk]}
    assert answer.json()["summary_fields"]["credentials"] == []


def test_relaunch_and_copy_keep_credentials(admin: APIClient) -> None:
    template = make_job_template(ask_credential_on_launch=True)
    credential = make_credential()
    job = admin.post(path_of(template, "launch"), {"credentials": [credential.pk]}).json()

    again = admin.post(job["related"]["relaunch"], {}).json()
    template.credentials.add(credential)
    copied = admin.post(path_of(template, "copy"), {"name": "copy"}).json()

    assert [row["id"] for row in again["summary_fields"]["credentials"]] == [credential.pk]
    assert [row["id"] for row in copied["summary_fields"]["credentials"]] == [credential.pk]


def test_launch_says_what_it_would_use(admin: APIClient, template: JobTemplate) -> None:
    asks = make_credential("vault", inputs={"vault_password": "ASK", "vault_id": "prod"})
    template.credentials.add(asks)

    preview = admin.get(path_of(template, "launch")).json()

    needed = ["vault_password.prod"]
    assert (preview["passwords_needed_to_start"], preview["can_start_without_user_input"]) == (needed, False)
    assert preview["defaults"]["credentials"] == [
        {
            "id": asks.pk,
            "name": asks.name,
            "credential_type": asks.credential_type_id,
            "passwords_needed": needed,
        }
    ]


def test_deleted_credential_leaves_templates_and_runs(admin: APIClient, template: JobTemplate) -> None:
    credential = make_credential()
    template.credentials.add(credential)
    job = admin.post(path_of(template, "launch"), {}).json()

    assert admin.delete(f"/api/v2/credentials/{credential.pk}/").status_code == 204

    assert not Credential.objects.exists()
    assert admin.get(job["url"]).json()["summary_fields"]["credentials"] == []
    assert UnifiedJob.objects.get().request["credentials"] == [credential.pk]
