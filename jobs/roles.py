"""The roles of projects and job templates, and what they open (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q

from access.models import Organization, User
from access.role_rules import named_object
from access.roles import (
    ADMIN,
    AUDITOR,
    EXECUTE,
    JOB_TEMPLATE_ADMIN,
    ORGANIZATION,
    PROJECT_ADMIN,
    READ,
    UPDATE,
    USE,
    Kind,
    holding,
    holds,
    holds_somewhere,
    objects_of,
    register_kind,
)
from access.rules import Rules, may_act, register
from credentials.models import Credential
from inventories.models import Inventory
from jobs.inventory_sources import INVENTORY, InventorySourceKind
from jobs.job_templates import JobTemplateKind
from jobs.kinds import kind_of, own_of, readable_templates, register_launchable
from jobs.models import (
    Attempt,
    InventorySource,
    JobTemplate,
    Project,
    SystemJobTemplate,
    UnifiedJob,
    UnifiedJobTemplate,
)
from jobs.projects import ProjectKind
from jobs.prompt_rules import no_permission
from jobs.statuses import TemplateKind
from jobs.system_jobs import SystemJobKind

PROJECT, JOB_TEMPLATE = TemplateKind.PROJECT.value, TemplateKind.JOB_TEMPLATE.value
PROJECT_ROLES: dict[str, tuple[str, ...]] = {ADMIN: (), USE: (ADMIN,), UPDATE: (ADMIN,), READ: (USE, UPDATE)}
JOB_TEMPLATE_ROLES: dict[str, tuple[str, ...]] = {ADMIN: (), EXECUTE: (ADMIN,), READ: (EXECUTE,)}


def named(data: Mapping[str, Any], name: str) -> bool:
    return data.get(name) not in (None, "")


class ProjectRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, PROJECT, READ, organization="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """With the organization's `project_admin_role`; without an organization only superusers may."""
        if not data:
            return holds_somewhere(user, ORGANIZATION, PROJECT_ADMIN)
        return named(data, "organization") and may_put_into(user, data, PROJECT_ADMIN)

    def may_change(self, user: User, obj: Project, data: Mapping[str, Any]) -> bool:
        return holds(user, obj, ADMIN) and may_move(user, obj, data, PROJECT_ADMIN)

    def may_delete(self, user: User, obj: Project) -> bool:
        return holds(user, obj, ADMIN)

    def may_act(self, user: User, obj: Project, action: str) -> bool:
        match action:
            case "launch" | "schedule" | "update":
                return holds(user, obj, UPDATE)
            case "copy":
                return obj.organization is not None and holds(user, obj.organization, PROJECT_ADMIN)
            case _:
                return False


class JobTemplateRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, JOB_TEMPLATE, READ, organization="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """With a project that the user may use, and with the organization's role where one is named beside it."""
        if not data:
            return holds_somewhere(user, PROJECT, USE) or holds_somewhere(
                user, ORGANIZATION, JOB_TEMPLATE_ADMIN
            )
        check_inventory(user, data)
        if not (named(data, "project") or named(data, "organization")):
            return False
        return may_use_project(user, data) and (
            not named(data, "organization") or may_put_into(user, data, JOB_TEMPLATE_ADMIN)
        )

    def may_change(self, user: User, obj: JobTemplate, data: Mapping[str, Any]) -> bool:
        if not holds(user, obj, ADMIN) or not may_move(user, obj, data, JOB_TEMPLATE_ADMIN):
            return False
        if "inventory" in data and str(data["inventory"]) != str(obj.inventory_id):
            check_inventory(user, data)
        is_other = "project" in data and str(data["project"]) != str(obj.project_id)
        return not is_other or may_use_project(user, data)

    def may_delete(self, user: User, obj: JobTemplate) -> bool:
        return holds(user, obj, ADMIN)

    def may_attach(self, user: User, parent: JobTemplate, child: Model, relation: str) -> bool:
        """Credentials that the user may use; those that the template has anyway he may take away."""
        if not isinstance(child, Credential):
            return super().may_attach(user, parent, child, relation)
        return holds(user, parent, ADMIN) and (
            may_act(user, child, "use") or parent.credentials.filter(pk=child.pk).exists()
        )

    def may_act(self, user: User, obj: JobTemplate, action: str) -> bool:
        match action:
            case "launch" | "schedule":
                return holds(user, obj, EXECUTE)
            case "copy":
                return holds(user, obj, READ) and self._may_have_another(user, obj)
            case _:
                return False

    @staticmethod
    def _may_have_another(user: User, obj: JobTemplate) -> bool:
        """A copy calls the same project, with the same secrets, in the same organization."""
        if obj.project is not None and not holds(user, obj.project, USE):
            return False
        if obj.inventory is not None and not holds(user, obj.inventory, USE):
            return False
        if obj.organization is None:
            return holds(user, obj, ADMIN)
        return holds(user, obj.organization, JOB_TEMPLATE_ADMIN) or (
            obj.project is not None and holds(user, obj, ADMIN)
        )


class InventorySourceRules(Rules):
    """Those of its inventory: its administrators make and change a source, who may update it fetches its feed."""

    def readable(self, user: User) -> Q:
        return holding(user, INVENTORY, READ, own="inventory_id", organization="inventory__organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        if not data:
            return holds_somewhere(user, INVENTORY, ADMIN)
        inventory = named_object(Inventory, data.get("inventory"))
        if inventory is None:
            return holds_somewhere(user, INVENTORY, ADMIN)
        return holds(user, inventory, ADMIN) and may_use_project(user, data, "source_project")

    def may_change(self, user: User, obj: InventorySource, data: Mapping[str, Any]) -> bool:
        if not holds(user, obj.inventory, ADMIN):
            return False
        is_other = "source_project" in data and str(data["source_project"]) != str(obj.source_project_id)
        return not is_other or may_use_project(user, data, "source_project")

    def may_delete(self, user: User, obj: InventorySource) -> bool:
        return holds(user, obj.inventory, ADMIN)

    def may_act(self, user: User, obj: InventorySource, action: str) -> bool:
        return action in ("launch", "schedule", "update") and holds(user, obj.inventory, UPDATE)


def may_put_into(user: User, data: Mapping[str, Any], role_field: str) -> bool:
    """Whether `user` has this role of the organization that a body names; of one that is not there it says nothing."""
    organization = named_object(Organization, data["organization"])
    if organization is None:
        return holds_somewhere(user, ORGANIZATION, role_field)
    return holds(user, organization, role_field)


def may_move(user: User, obj: UnifiedJobTemplate, data: Mapping[str, Any], role_field: str) -> bool:
    """Whether `user` may put an object into the organization that a body names, if it is another."""
    if "organization" not in data or str(data["organization"]) == str(obj.organization_id):
        return True
    if not named(data, "organization"):
        return obj.organization_id is None
    return may_put_into(user, data, role_field)


def check_inventory(user: User, data: Mapping[str, Any]) -> None:
    """Raises PermissionDenied where a body names an inventory that `user` may not use."""
    inventory = named_object(Inventory, data.get("inventory"))
    if inventory is not None and not holds(user, inventory, USE):
        raise no_permission("inventory", inventory, "use")


def may_use_project(user: User, data: Mapping[str, Any], name: str = "project") -> bool:
    if not named(data, name):
        return True
    project = named_object(Project, data[name])
    return holds_somewhere(user, PROJECT, USE) if project is None else holds(user, project, USE)


class UnifiedJobTemplateRules(Rules):
    """Those of the kind that a template is of."""

    def readable(self, user: User) -> Q:
        return readable_templates(user)

    def may_act(self, user: User, obj: UnifiedJobTemplate, action: str) -> bool:
        own = own_of(obj)
        return own is not None and may_act(user, own, action)


class UnifiedJobRules(Rules):
    """Whoever reads its template sees a run; one whose template is gone, who audits its organization.

    Of templates that were launched together also who launched them.
    """

    def readable(self, user: User) -> Q:
        templates = UnifiedJobTemplate.objects.order_by().filter(readable_templates(user))
        condition = Q(unified_job_template__one_of=templates.values("pk"))
        # Asked beforehand, because most users have none: for runs of templates alone an index tells how many there are,
        # and with organizations the planner would reckon with a tenth of all runs.
        in_bulk = Q(is_bulk_job=True, created_by=user.pk)
        if UnifiedJob.objects.order_by().filter(in_bulk).exists():
            condition |= in_bulk
        audited = objects_of(user, ORGANIZATION, (ADMIN, AUDITOR))
        return condition | Q(organization__one_of=audited) if audited else condition

    def may_delete(self, user: User, obj: UnifiedJob) -> bool:
        return obj.organization is not None and holds(user, obj.organization, ADMIN)

    def may_act(self, user: User, obj: UnifiedJob, action: str) -> bool:
        own = own_of(obj.unified_job_template) if obj.unified_job_template else None
        match action:
            case "start" | "relaunch" | "launch":
                return own is not None and may_act(user, own, "launch")
            case "cancel":
                return obj.created_by_id == user.pk or (
                    own is not None and kind_of(own).holds(user, own, ADMIN)
                )
            case _:
                return False


class AttemptRules(Rules):
    """Whoever sees a run sees its calls."""

    def readable(self, user: User) -> Q:
        runs = UnifiedJob.objects.order_by().filter(UnifiedJobRules().readable(user))
        return Q(job__in=runs.values("pk"))


def register_kinds_and_rules() -> None:
    register_kind(
        Kind(
            PROJECT,
            Project,
            "projects",
            PROJECT_ROLES,
            from_organization={ADMIN: (PROJECT_ADMIN,), READ: (AUDITOR,)},
        )
    )
    register_kind(
        Kind(
            JOB_TEMPLATE,
            JobTemplate,
            "job_templates",
            JOB_TEMPLATE_ROLES,
            from_organization={ADMIN: (JOB_TEMPLATE_ADMIN,), EXECUTE: (EXECUTE,), READ: (AUDITOR,)},
        )
    )
    register_launchable(ProjectKind())
    # In AWX's order.
    register_launchable(InventorySourceKind())
    register_launchable(JobTemplateKind())
    register_launchable(SystemJobKind())
    rules: dict[type[Model], Rules] = {
        Project: ProjectRules(),
        JobTemplate: JobTemplateRules(),
        # Housekeeping is the superusers' alone.
        SystemJobTemplate: Rules(),
        InventorySource: InventorySourceRules(),
        UnifiedJobTemplate: UnifiedJobTemplateRules(),
        UnifiedJob: UnifiedJobRules(),
        Attempt: AttemptRules(),
    }
    for model, own in rules.items():
        register(model, own)
