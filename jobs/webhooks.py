"""Forges that launch templates: who sent a delivery, what it tells, and one run for each (AWX's rules)."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from credentials.encryption import decrypt, encrypt
from jobs.announcing import announce_work
from jobs.exceptions import CannotLaunch
from jobs.launching import build_run, insert_settled, missing_resources
from jobs.models import UnifiedJob, UnifiedJobTemplate, Webhooked
from jobs.prompts import LaunchAnswers
from jobs.statuses import LaunchType

# Both AWX's and its older name of the parameters.
PREFIXES = ("awx", "tower")
KEY_LENGTH = 50
LONGEST_GUID = 128

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Delivery:
    """What a forge told: the event, the delivery's own id, the commit, and where its status could be posted."""

    event: str
    guid: str
    reference: str | None
    status_api: str | None
    payload: Any

    def variables(self) -> dict[str, Any]:
        """The parameters of a run."""
        told = {
            "event_type": self.event,
            "event_guid": self.guid,
            "event_ref": self.reference,
            "status_api": self.status_api,
            "payload": self.payload,
        }
        return {f"{prefix}_webhook_{name}": value for prefix in PREFIXES for name, value in told.items()}


@dataclass(frozen=True)
class Service:
    """A kind of forge. `references` says by event where in the payload the commit is."""

    event_header: str
    references: Mapping[str, str]
    status_api: Callable[[str, Any, str | None], str | None]
    # Of a service that signs, the digest; without one it sends the key itself.
    digest: str = ""
    # Without one the delivery goes by a hash of its body.
    guid_header: str = ""
    # What is sent to try the connection.
    ping: str = ""

    def is_genuine(self, headers: Headers, body: bytes, key: str) -> bool:
        """Whether whoever sent `body` knows `key`."""
        if not self.digest:
            return hmac.compare_digest(headers.get("X-Gitlab-Token", "").encode(), key.encode())
        expected = f"{self.digest}={hmac.new(key.encode(), body, self.digest).hexdigest()}"
        return hmac.compare_digest(headers.get("X-Hub-Signature", "").encode(), expected.encode())

    def read(self, headers: Headers, body: bytes, payload: Any) -> Delivery:
        event = headers.get(self.event_header, "")
        guid = (
            headers.get(self.guid_header, "")
            if self.guid_header
            else sha1(body, usedforsecurity=False).hexdigest()
        )
        found = at(payload, self.references[event]) if event in self.references else None
        reference = found if isinstance(found, str) else None
        api = self.status_api(event, payload, reference)
        return Delivery(event, guid[:LONGEST_GUID], reference, api, payload)


def at(payload: Any, path: str) -> Any:
    """What is at a dotted path; None where it leads nowhere."""
    found = payload
    for name in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def origin(url: Any) -> str | None:
    """Scheme and host of a URL."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None


def status_at_github(event: str, payload: Any, _reference: str | None) -> str | None:
    url = at(payload, "pull_request.statuses_url") if event == "pull_request" else None
    return url if isinstance(url, str) else None


def status_at_gitlab(_event: str, payload: Any, reference: str | None) -> str | None:
    server, project = origin(at(payload, "project.web_url")), at(payload, "project.id")
    if reference is None or server is None or not isinstance(project, int):
        return None
    return f"{server}/api/v4/projects/{project}/statuses/{reference}"


def status_at_bitbucket(_event: str, payload: Any, reference: str | None) -> str | None:
    links = (at(payload, f"{who}.links.self.0.href") for who in ("actor", "repository"))
    server = next(filter(None, map(origin, links)), None)
    if reference is None or server is None:
        return None
    return f"{server}/rest/build-status/1.0/commits/{reference}"


SERVICES = {
    Webhooked.WebhookService.GITHUB: Service(
        event_header="X-GitHub-Event",
        guid_header="X-GitHub-Delivery",
        digest="sha1",
        references={
            "pull_request": "pull_request.head.sha",
            "pull_request_review": "pull_request.head.sha",
            "pull_request_review_comment": "pull_request.head.sha",
            "push": "after",
            "release": "release.tag_name",
            "commit_comment": "comment.commit_id",
            "create": "ref",
            "page_build": "build.commit",
        },
        status_api=status_at_github,
    ),
    Webhooked.WebhookService.GITLAB: Service(
        event_header="X-Gitlab-Event",
        references={
            "Push Hook": "checkout_sha",
            "Tag Push Hook": "checkout_sha",
            "Merge Request Hook": "object_attributes.last_commit.id",
        },
        status_api=status_at_gitlab,
    ),
    Webhooked.WebhookService.BITBUCKET_DC: Service(
        event_header="X-Event-Key",
        guid_header="X-Request-Id",
        digest="sha256",
        ping="diagnostics:ping",
        references={
            "repo:refs_changed": "changes.0.toHash",
            "mirror:repo_synchronized": "changes.0.toHash",
            "pr:opened": "pullRequest.toRef.latestCommit",
            "pr:from_ref_updated": "pullRequest.toRef.latestCommit",
            "pr:modified": "pullRequest.toRef.latestCommit",
        },
        status_api=status_at_bitbucket,
    ),
}


def new_key() -> str:
    """A key as it is stored."""
    return encrypt(get_random_string(KEY_LENGTH))


def plain_key(template: Webhooked) -> str:
    """Raises UndecryptableSecret."""
    return decrypt(template.webhook_key) if template.webhook_key else ""


@transaction.atomic
def launch_once(template: Any, delivery: Delivery) -> bool:
    """Launch `template` (of its own class) unless the same delivery did so before.

    Raises CannotLaunch and StillGoing.
    """
    UnifiedJobTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    known = {"webhook_service": template.webhook_service, "webhook_guid": delivery.guid}
    if delivery.guid and UnifiedJob.objects.filter(unified_job_template=template.pk, **known).exists():
        return False
    missing = missing_resources(template)
    if missing:
        raise CannotLaunch({"resources_needed_to_start": missing})
    answers = LaunchAnswers(extra_vars=delivery.variables())
    run = build_run(template, answers=answers, launch_type=LaunchType.WEBHOOK, user=None, now=timezone.now())
    run.webhook_service, run.webhook_guid = template.webhook_service, delivery.guid
    run.webhook_credential_id = template.webhook_credential_id
    insert_settled(run, answers, template)
    transaction.on_commit(announce_work)
    return True
