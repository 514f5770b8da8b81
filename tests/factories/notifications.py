from itertools import count
from typing import Any

from notifications.configuration import to_store
from notifications.models import Notification, NotificationTemplate
from tests.factories.access import make_organization

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "slack": {"token": "xoxb-s3cret", "channels": ["#a"]},
    "webhook": {"url": "https://hook.example.com/x", "headers": {}, "password": "s3cret"},
}
_numbers = count(1)


def make_notification_template(
    kind: str = "slack", configuration: dict[str, Any] | None = None, **values: Any
) -> NotificationTemplate:
    values = {"name": f"Notification template {next(_numbers)}"} | values
    if "organization" not in values:
        values["organization"] = make_organization()
    given = CONFIGURATIONS[kind] if configuration is None else configuration
    return NotificationTemplate.objects.create(
        notification_type=kind, notification_configuration=to_store(given, kind, {}), **values
    )


def make_notification(template: NotificationTemplate | None = None, **values: Any) -> Notification:
    template = template or make_notification_template()
    return Notification.objects.create(
        notification_template=template, notification_type=template.notification_type, **values
    )
