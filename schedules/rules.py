"""Who sees, makes, changes and switches schedules: AWX's rules, and one more for the switch."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q

from access.models import User
from access.role_rules import named_object
from access.roles import ADMIN
from access.rules import Rules, may_act, may_read
from instances.models import ExecutionEnvironment
from inventories.models import Inventory
from jobs.kinds import kind_of, launchable_kinds, own_of, readable_templates
from jobs.models import UnifiedJobTemplate
from jobs.prompt_rules import check_usable
from schedules.models import Backfill, Schedule

SWITCH = {"enabled"}
# Of the others he must have the role `use`.
READ_TO_ATTACH = ("labels", "calendars")


class ScheduleRules(Rules):
    """A template's schedules are seen by who sees it, made by who may launch it, changed by its administrators.

    Who made a schedule changes it as long as he may launch the template. Whoever may launch it may also switch any of
    its schedules on and off, by a change of `enabled` alone.
    """

    def readable(self, user: User) -> Q:
        templates = UnifiedJobTemplate.objects.order_by().filter(readable_templates(user))
        return Q(unified_job_template__one_of=templates.values("pk"))

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """A body that names no template is refused for that, if the asker may launch anything."""
        check_named(user, data)
        template = named_object(UnifiedJobTemplate, data.get("unified_job_template"))
        return may_launch_something(user) if template is None else may_act(user, template, "schedule")

    def may_change(self, user: User, obj: Schedule, data: Mapping[str, Any]) -> bool:
        check_named(user, data, obj)
        template = obj.unified_job_template
        given = data.get("unified_job_template")
        other = None
        if given is not None and str(given) != str(template.pk):
            other = named_object(UnifiedJobTemplate, given)
        if set(data) == SWITCH and may_act(user, template, "schedule"):
            return True
        concerned = [template, *([other] if other else [])]
        if all(is_administrator(user, one) for one in concerned):
            return True
        return obj.created_by_id == user.pk and all(may_act(user, one, "schedule") for one in concerned)

    def may_delete(self, user: User, obj: Schedule) -> bool:
        return self.may_change(user, obj, {})

    def may_act(self, user: User, obj: Schedule, action: str) -> bool:
        """Who may change it may take changes back; if he may launch its template, too, launch its past occurrences."""
        if action == "rollback":
            return self.may_change(user, obj, {})
        return (
            action == "backfill"
            and self.may_change(user, obj, {})
            and may_act(user, obj.unified_job_template, "schedule")
        )

    def may_attach(self, user: User, parent: Schedule, child: Model, relation: str) -> bool:
        may_have = may_read(user, child) if relation in READ_TO_ATTACH else may_act(user, child, "use")
        return may_have and self.may_change(user, parent, {})


class OccurrenceRules(Rules):
    """Whoever sees a schedule sees its ledger."""

    def readable(self, user: User) -> Q:
        return readable_templates(user, path="schedule__unified_job_template__")


class BackfillRules(OccurrenceRules):
    """Whoever sees a schedule sees its backfills; who may ask for one may cancel it."""

    def may_act(self, user: User, obj: Backfill, action: str) -> bool:
        return action == "cancel" and may_act(user, obj.schedule, "backfill")


def check_named(user: User, data: Mapping[str, Any], stored: Schedule | None = None) -> None:
    """Raises PermissionDenied where a body names an inventory or an environment that `user` may not use."""
    named = {
        name: named_object(model, data[name])
        for name, model in (("inventory", Inventory), ("execution_environment", ExecutionEnvironment))
        if name in data
    }
    check_usable(
        user,
        {name: one for name, one in named.items() if one and one.pk != getattr(stored, f"{name}_id", None)},
    )


def is_administrator(user: User, template: UnifiedJobTemplate) -> bool:
    own = own_of(template)
    return own is not None and kind_of(own).holds(user, own, ADMIN)


def may_launch_something(user: User) -> bool:
    return any(kind.may_launch_some(user) for kind in launchable_kinds())
