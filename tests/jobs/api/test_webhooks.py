"""Templates that forges launch: signed deliveries, one run for each."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from credentials.encryption import is_encrypted
from credentials.models import Credential, CredentialType
from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import Status
from jobs.webhooks import plain_key
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job, make_job_template
from tests.factories.roles import holder
from tests.factories.workflows import make_workflow

pytestmark = pytest.mark.django_db

PUSH = {"after": "abc123", "ref": "refs/heads/main"}
MERGE = {
    "object_attributes": {"last_commit": {"id": "def456"}},
    "project": {"id": 7, "web_url": "https://forge.example.com/team/service"},
}
CHANGED = {
    "changes": [{"toHash": "fed789"}],
    "actor": {"links": {"self": [{"href": "https://forge.example.com/users/a"}]}},
}


def make_hooked(service: str = "github", **values: Any) -> tuple[JobTemplate, str]:
    """A template with a service, made by the API, and its key."""
    template = make_job_template(**values)
    path = f"/api/v2/job_templates/{template.pk}/"
    assert client_of(make_superuser()).patch(path, {"webhook_service": service}).status_code == 200
    template.refresh_from_db()
    return template, plain_key(template)


def deliver(
    template: JobTemplate,
    key: str,
    payload: Any = PUSH,
    *,
    service: str = "github",
    guid: str = "g-1",
    event: str,
) -> Any:
    body = json.dumps(payload).encode()
    digest = "sha256" if service == "bitbucket_dc" else "sha1"
    signature = f"{digest}={hmac.new(key.encode(), body, digest).hexdigest()}"
    headers = {
        "github": {"X-GitHub-Event": event, "X-GitHub-Delivery": guid, "X-Hub-Signature": signature},
        "gitlab": {"X-Gitlab-Event": event, "X-Gitlab-Token": key},
        "bitbucket_dc": {"X-Event-Key": event, "X-Request-Id": guid, "X-Hub-Signature": signature},
    }[service]
    path = f"/api/v2/job_templates/{template.pk}/{service}/"
    return APIClient().post(path, body, content_type="application/json", headers=headers)


def test_signed_delivery_launches_the_template() -> None:
    template, key = make_hooked()

    answer = deliver(template, key, event="push")

    run = UnifiedJob.objects.get(unified_job_template=template.pk)
    assert (answer.status_code, answer.json()) == (202, {"message": "Job queued."})
    assert (run.launch_type, run.created_by) == ("webhook", None)
    assert {
        name: run.extra_vars[f"awx_webhook_{name}"] for name in ("event_type", "event_guid", "event_ref")
    } == {
        "event_type": "push",
        "event_guid": "g-1",
        "event_ref": "abc123",
    }
    assert run.extra_vars["awx_webhook_payload"] == run.extra_vars["tower_webhook_payload"] == PUSH
    shown = client_of(make_superuser()).get(f"/api/v2/jobs/{run.pk}/").json()
    assert (shown["webhook_service"], shown["webhook_guid"]) == ("github", "g-1")


def test_delivery_that_comes_again_launches_nothing() -> None:
    template, key = make_hooked()

    answers = [deliver(template, key, event="push", guid=guid) for guid in ("g-1", "g-1", "g-2")]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert answers[1].json() == {"message": "Webhook previously received, aborting."}
    assert UnifiedJob.objects.count() == 2


@pytest.mark.parametrize(
    ("service", "event", "payload", "reference", "status_api"),
    [
        ("gitlab", "Merge Request Hook", MERGE, "def456",
         "https://forge.example.com/api/v4/projects/7/statuses/def456"),
        ("bitbucket_dc", "repo:refs_changed", CHANGED, "fed789",
         "https://forge.example.com/rest/build-status/1.0/commits/fed789"),
        ("github", "pull_request", {"pull_request": {"head": {"sha": "aaa"}, "statuses_url": "https://f/s"}},
         "aaa", "https://f/s"),
        ("github", "push", {"after": 5}, None, None),
        ("gitlab", "Push Hook", {"checkout_sha": 5, "project": None}, None, None),
    ],
)  # fmt: skip
def test_run_is_told_the_commit_and_where_its_status_goes(
    service: str, event: str, payload: Any, reference: str | None, status_api: str | None
) -> None:
    template, key = make_hooked(service)

    assert deliver(template, key, payload, service=service, event=event).status_code == 202

    told = UnifiedJob.objects.get().extra_vars
    assert (told["awx_webhook_event_ref"], told["awx_webhook_status_api"]) == (reference, status_api)


def test_gitlab_delivery_goes_by_its_body() -> None:
    template, key = make_hooked("gitlab")

    for payload in (MERGE, MERGE, MERGE | {"more": 1}):
        deliver(template, key, payload, service="gitlab", event="Merge Request Hook")

    assert UnifiedJob.objects.count() == 2
    expected = hashlib.sha1(json.dumps(MERGE).encode(), usedforsecurity=False).hexdigest()
    assert UnifiedJob.objects.order_by("pk")[0].webhook_guid == expected


@pytest.mark.parametrize("service", ["github", "gitlab", "bitbucket_dc"])
def test_unsigned_delivery_is_refused(service: str) -> None:
    template, _ = make_hooked(service)

    answers = [
        deliver(template, "another key", service=service, event="push"),
        APIClient().post(f"/api/v2/job_templates/{template.pk}/{service}/", {}),
        client_of(make_superuser()).post(f"/api/v2/job_templates/{template.pk}/{service}/", {}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert UnifiedJob.objects.count() == 0


def test_delivery_for_another_service_or_no_template_is_refused_alike() -> None:
    template, key = make_hooked("gitlab")

    other = deliver(template, key, event="push")
    nothing = APIClient().post("/api/v2/job_templates/999999/github/", {})

    assert (other.status_code, other.json()) == (403, nothing.json())


def test_ping_of_bitbucket_launches_nothing() -> None:
    template, key = make_hooked("bitbucket_dc")

    answer = deliver(template, key, {"test": True}, service="bitbucket_dc", event="diagnostics:ping")

    assert (answer.status_code, UnifiedJob.objects.count()) == (200, 0)


def test_template_that_cannot_be_launched_says_why() -> None:
    template, key = make_hooked(endpoint="")

    answer = deliver(template, key, event="push")

    assert (answer.status_code, list(answer.json())) == (400, ["resources_needed_to_start"])


def test_key_is_encrypted_renewed_and_shown_to_administrators_alone() -> None:
    template, key = make_hooked()
    path = f"/api/v2/job_templates/{template.pk}/webhook_key/"
    admin, reader = (client_of(holder(template, role)) for role in ("admin_role", "execute_role"))

    assert is_encrypted(template.webhook_key)
    assert admin.get(path).json() == {"webhook_key": key}
    renewed = admin.post(path, {})

    assert renewed.status_code == 201
    assert renewed.json()["webhook_key"] == admin.get(path).json()["webhook_key"] != key
    assert deliver(template, key, event="push").status_code == 403
    strangers = [reader, client_of(make_user()), client_of(make_user(is_system_auditor=True))]
    assert [client.get(path).status_code for client in strangers] == [403, 403, 403]
    assert [client.post(path, {}).status_code for client in strangers] == [403, 403, 403]
    told = [entry.changes for entry in ActivityStream.objects.all()]
    assert {"webhook_key": ["$encrypted$", "$encrypted$"]} in told
    assert key not in str(told)


def test_key_goes_with_the_service() -> None:
    template, key = make_hooked()
    admin, path = client_of(make_superuser()), f"/api/v2/job_templates/{template.pk}/"

    admin.patch(path, {"webhook_service": "github", "description": "d"})
    template.refresh_from_db()
    assert plain_key(template) == key
    shown = admin.patch(path, {"webhook_service": "gitlab"}).json()
    template.refresh_from_db()
    assert plain_key(template) not in ("", key)
    assert shown["related"]["webhook_receiver"] == f"{path}gitlab/"

    shown = admin.patch(path, {"webhook_service": ""}).json()
    template.refresh_from_db()
    assert (template.webhook_key, shown["related"]["webhook_receiver"]) == ("", "")


def test_copy_has_a_key_of_its_own() -> None:
    template, key = make_hooked()

    made = client_of(make_superuser()).post(f"/api/v2/job_templates/{template.pk}/copy/", {"name": "Another"})

    copied = JobTemplate.objects.get(pk=made.json()["id"])
    assert plain_key(copied) not in ("", key)


def test_credential_of_the_webhook_must_be_a_token_of_its_service() -> None:
    template, _ = make_hooked()
    admin, path = client_of(make_superuser()), f"/api/v2/job_templates/{template.pk}/"
    github, gitlab, machine = (
        Credential.objects.create(name=name, credential_type=CredentialType.objects.get(namespace=name))
        for name in ("github_token", "gitlab_token", "ssh")
    )

    refused = [admin.patch(path, {"webhook_credential": one.pk}).json() for one in (gitlab, machine)]
    shown = admin.patch(path, {"webhook_credential": github.pk}).json()

    assert refused == [
        {"webhook_credential": ["Must match the selected webhook service."]},
        {"webhook_credential": ["Must be a Personal Access Token."]},
    ]
    assert shown["webhook_credential"] == github.pk
    assert shown["summary_fields"]["webhook_credential"]["name"] == "github_token"


def test_credential_of_the_webhook_must_be_the_askers_to_use() -> None:
    template, _ = make_hooked()
    kind = CredentialType.objects.get(namespace="github_token")
    token = Credential.objects.create(name="Token", credential_type=kind)

    answer = client_of(holder(template, "admin_role")).patch(
        f"/api/v2/job_templates/{template.pk}/", {"webhook_credential": token.pk}
    )

    assert answer.status_code == 403


def test_workflow_is_launched_by_webhooks_too() -> None:
    workflow = make_workflow()
    admin, path = client_of(make_superuser()), f"/api/v2/workflow_job_templates/{workflow.pk}/"
    shown = admin.patch(path, {"webhook_service": "gitlab"}).json()
    key = admin.get(shown["related"]["webhook_key"]).json()["webhook_key"]
    headers = {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": key}

    answers = [
        APIClient().post(shown["related"]["webhook_receiver"], {"a": 1}, headers=headers) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    run = UnifiedJob.objects.get(unified_job_template=workflow.pk)
    assert (run.kind, run.launch_type, run.webhook_service) == ("workflow_job", "webhook", "gitlab")
    runs = admin.get("/api/v2/workflow_jobs/?webhook_service=gitlab").json()
    assert (runs["count"], runs["results"][0]["webhook_guid"]) == (1, run.webhook_guid)


def test_delivery_that_the_overlap_policy_skips_is_a_conflict_and_may_come_again() -> None:
    template, key = make_hooked(overlap_policy="skip")
    going = make_job(template, status=Status.RUNNING)

    answer = deliver(template, key, event="push")

    assert (answer.status_code, UnifiedJob.objects.count()) == (409, 1)
    UnifiedJob.objects.filter(pk=going.pk).update(status=Status.SUCCESSFUL)
    assert deliver(template, key, event="push").json() == {"message": "Job queued."}
