"""Who may do what with notification templates and notifications (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from access.models import Organization, User
from access.role_rules import named_object
from access.roles import AUDITOR, ORGANIZATION, holding, holds, holds_somewhere
from access.rules import Rules
from notifications.models import NotificationTemplate

NOTIFICATION_ADMIN = "notification_admin_role"


def of_organizations(user: User, path: str) -> Q:
    """The condition on objects whose organization's notifications `user` administers or audits."""
    return holding(user, ORGANIZATION, NOTIFICATION_ADMIN, own=path) | holding(
        user, ORGANIZATION, AUDITOR, own=path
    )


class NotificationTemplateRules(Rules):
    """Whoever has an organization's `notification_admin_role` makes, changes, tests and deletes its templates."""

    def readable(self, user: User) -> Q:
        return of_organizations(user, "organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        organization = named_object(Organization, data.get("organization"))
        if organization is None:
            return not data.get("organization") and holds_somewhere(user, ORGANIZATION, NOTIFICATION_ADMIN)
        return holds(user, organization, NOTIFICATION_ADMIN)

    def may_change(self, user: User, obj: NotificationTemplate, data: Mapping[str, Any]) -> bool:
        if obj.organization is None or not holds(user, obj.organization, NOTIFICATION_ADMIN):
            return False
        moves = "organization" in data and str(data["organization"]) != str(obj.organization_id)
        return not moves or self.may_add(user, {"organization": data["organization"]})

    def may_delete(self, user: User, obj: NotificationTemplate) -> bool:
        return self.may_change(user, obj, {})

    def may_act(self, user: User, obj: NotificationTemplate, action: str) -> bool:
        return action in ("copy", "test") and self.may_change(user, obj, {})


class NotificationRules(Rules):
    """Notifications are read by whoever reads their templates."""

    def readable(self, user: User) -> Q:
        return of_organizations(user, "notification_template__organization_id")
