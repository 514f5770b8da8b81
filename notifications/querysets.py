"""Templates with what AWX shows of their last notifications, read by the database for a whole page at once."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from notifications.models import Notification, NotificationTemplate

RECENT = 5


def with_recent(templates: QuerySet[NotificationTemplate]) -> QuerySet[NotificationTemplate]:
    """Each template with its last notifications as `recent_notifications`."""
    last = Notification.objects.filter(notification_template=OuterRef("pk")).order_by("-created", "-id")
    brief = JSONObject(**{name: name for name in ("id", "status", "created", "error")})
    annotated: Any = templates.annotate(recent_notifications=ArraySubquery(last.values(data=brief)[:RECENT]))
    found: QuerySet[NotificationTemplate] = annotated
    return found


TEMPLATES = with_recent(
    NotificationTemplate.objects.select_related("organization", "created_by", "modified_by")
)
NOTIFICATIONS = Notification.objects.select_related("notification_template")
