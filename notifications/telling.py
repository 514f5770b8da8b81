"""What a notification says: the template's own words or its type's, about the run as the API shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from notifications.exceptions import CannotRender
from notifications.models import OF_APPROVALS, Notification, NotificationTemplate
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
        # With the first message: it reads what the API shows of runs, and a worker may never send one.
        from notifications.facts import context_of  # noqa: PLC0415

        context = context_of(notification)
        own = _own_messages(template, notification.event)
        message, body = template.type_.usual(notification.event)
        notification.subject = _rendered(own.get("message"), message, context)
        notification.body = _rendered(own.get("body"), body, context)
    return notification.subject, notification.body


def _own_messages(template: NotificationTemplate, notice: str) -> Mapping[str, str | None]:
    messages: Mapping[str, Any] = template.messages or {}
    if notice in OF_APPROVALS:
        messages = messages.get("workflow_approval") or {}
    return messages.get(notice) or {}


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
