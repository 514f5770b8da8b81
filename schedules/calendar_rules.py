"""Who may do what with calendars: whoever reads an organization reads its calendars, its administrators change them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from access.models import Organization, User
from access.role_rules import named_object
from access.roles import ADMIN, ORGANIZATION, READ, holding, holds, holds_somewhere
from access.rules import Rules
from schedules.calendars import Calendar, CalendarEntry


class CalendarRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, ORGANIZATION, READ, own="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """A body that names no organization is refused for that, if the asker administers any."""
        organization = named_object(Organization, data.get("organization"))
        if organization is None:
            return holds_somewhere(user, ORGANIZATION, ADMIN)
        return holds(user, organization, ADMIN)

    def may_change(self, user: User, obj: Calendar, data: Mapping[str, Any]) -> bool:
        moved_to = named_object(Organization, data.get("organization"))
        return administers(user, obj) and (moved_to is None or holds(user, moved_to, ADMIN))

    def may_delete(self, user: User, obj: Calendar) -> bool:
        return administers(user, obj)

    def may_act(self, user: User, obj: Calendar, action: str) -> bool:
        return action == "import" and administers(user, obj)


class CalendarEntryRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, ORGANIZATION, READ, own="calendar__organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        calendar = named_object(Calendar, data.get("calendar"))
        if calendar is None:
            return holds_somewhere(user, ORGANIZATION, ADMIN)
        return administers(user, calendar)

    def may_change(self, user: User, obj: CalendarEntry, data: Mapping[str, Any]) -> bool:
        return administers(user, obj.calendar)

    def may_delete(self, user: User, obj: CalendarEntry) -> bool:
        return administers(user, obj.calendar)


def administers(user: User, calendar: Calendar) -> bool:
    return holds(user, calendar.organization, ADMIN)
