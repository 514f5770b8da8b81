"""What a notification says: the template's own words or its type's, about the run as the API shows it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from jobs.api.serializers.jobs import JOB_LISTS, JOB_RELATIONS
from jobs.api.serializers.unified import AnyJobSerializer
from jobs.models import UnifiedJob
from notifications.context import FRIENDLY_NAMES, part_of
from notifications.exceptions import CannotRender, NotDelivered
from notifications.models import Event, Notification, NotificationTemplate
from notifications.rendering import render_foreign, render_own
from outbound.urls import masked_url


@dataclass(frozen=True)
class Telling:
    """A message on its way, secrets in plain text."""

    kind: str
    configuration: dict[str, Any] = field(repr=False)
    recipients: list[str] = field(repr=False)
    subject: str
    body: Any
    # What a line of the log about it says besides its words.
    about: Mapping[str, object] = field(default_factory=dict)


def make_test(template: NotificationTemplate) -> Notification:
    """A notification that says no more than that it is a test."""
    words = f"Notification Test {template.pk} {settings.BELFRY_URL}"
    notification = plain(template, words, f"Test {words.replace(' Test', '')}")
    notification.save()
    return notification


def plain(template: NotificationTemplate, subject: str, text: str) -> Notification:
    """A notification of no run, in words that are given; not saved."""
    return Notification(
        notification_template=template,
        notification_type=template.notification_type,
        recipients=shown_recipients(template),
        subject=subject,
        body=text if template.notification_type in ("email", "pagerduty") else {"body": text},
    )


def shown_recipients(template: NotificationTemplate) -> str:
    """Without what is secret in a URL."""
    found = template.notification_configuration.get(template.type_.recipients, "")
    return masked_url(found) if isinstance(found, str) else str(found)


def told(notification: Notification) -> tuple[str, Any]:
    """Subject and body; those that are of a run are put into words and kept with the row. Raises NotDelivered."""
    template = notification.notification_template
    notification.recipients = shown_recipients(template)
    if notification.event and not notification.subject and not notification.body:
        context = context_of(notification)
        own = (template.messages or {}).get(notification.event) or {}
        notification.subject = _rendered(own.get("message"), template.type_.message, context)
        notification.body = _rendered(own.get("body"), template.type_.body, context)
    return notification.subject, notification.body


def _rendered(own: str | None, usual: str, context: Mapping[str, Any]) -> str:
    """The template's own text; one that cannot be rendered says nothing (AWX's way)."""
    if not own:
        return render_own(usual, context)
    try:
        text = render_foreign([own], context, strict=False)[0].get("text", "")
    except CannotRender:
        return ""
    # What the database cannot keep.
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def context_of(notification: Notification) -> dict[str, Any]:
    """Raises NotDelivered."""
    if notification.job_id is None:
        raise NotDelivered("The job was deleted.", final=True)
    runs = UnifiedJob.objects.select_related(*JOB_RELATIONS).prefetch_related(*JOB_LISTS)
    run = runs.get(pk=notification.job_id)
    if notification.event == Event.STARTED:
        # By now it may have ended.
        run.status, run.finished, run.failed, run.job_explanation = "running", None, False, ""
    # Through JSON, as a client would see it.
    shown: dict[str, Any] = json.loads(json.dumps(AnyJobSerializer(run).data, default=_as_text))
    url = settings.BELFRY_URL.rstrip("/") + shown["url"]
    return {
        "job": part_of(shown),
        "job_friendly_name": FRIENDLY_NAMES[run.kind],
        "url": url,
        "job_metadata": json.dumps(metadata(shown, url), ensure_ascii=False, indent=4),
    }


def _as_text(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def metadata(shown: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What AWX says of a run to programs."""
    summaries = shown.get("summary_fields", {})

    def name_of(what: str, key: str = "name") -> Any:
        return summaries.get(what, {}).get(key)

    found = {
        "id": shown["id"],
        "name": shown["name"],
        "url": url,
        "created_by": name_of("created_by", "username"),
        "started": shown.get("started"),
        "finished": shown.get("finished"),
        "status": shown.get("status"),
        "traceback": shown.get("result_traceback", ""),
    }
    if shown["type"] == "job":
        credentials = summaries.get("credentials") or [{}]
        found |= {
            "inventory": name_of("inventory"),
            "project": name_of("project"),
            "playbook": shown.get("playbook"),
            "credential": credentials[0].get("name"),
            "limit": shown.get("limit"),
            "extra_vars": shown.get("extra_vars"),
            "hosts": {},
        }
    return found
