"""Inventory sources as what can be launched: a run of one, an update, fetches the feed of its hosts."""

from typing import Any

from django.db.models import Q, QuerySet

from access.models import User
from access.roles import ADMIN, READ, UPDATE, holding, holds, holds_somewhere
from inventories.querysets import WITH_TOTALS
from jobs.kinds import LaunchableKind
from jobs.models import InventorySource, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, JobType, TemplateKind

INVENTORY = "inventory"
# What of a source its updates show as it was when they were made.
KEPT = (
    *("source", "source_path", "feed_url", "source_vars", "scm_branch", "enabled_var", "enabled_value"),
    *("host_filter", "overwrite", "overwrite_vars", "verbosity", "limit"),
)


class InventorySourceKind(LaunchableKind):
    name = TemplateKind.INVENTORY_SOURCE
    job_kind = JobKind.INVENTORY_UPDATE
    model = InventorySource
    serializer = "jobs.api.serializers.inventory_sources.InventorySourceSerializer"
    job_serializer = "jobs.api.serializers.inventory_updates.InventoryUpdateListSerializer"
    relations = ("source_project",)
    lists = ("credentials__credential_type", WITH_TOTALS)
    launch_role = UPDATE

    def for_launch(self) -> QuerySet[Any]:
        return InventorySource.objects.select_related("inventory", "source_project").prefetch_related(
            "credentials__credential_type"
        )

    def missing(self, template: InventorySource) -> list[str]:
        """Nothing: AWX starts an update of any source, and one without a feed ends with that reason."""
        return []

    def build(self, template: InventorySource, answers: LaunchAnswers) -> UnifiedJob:
        project = template.source_project
        return UnifiedJob(
            job_type=JobType.RUN,
            request={
                "base_url": project.scm_url if project else "",
                "endpoint": template.feed_url or template.source_path,
                "method": "GET",
                "success_status": "200",
                "credentials": [credential.pk for credential in template.credentials.all()],
                "feed": {
                    "name_pattern": template.host_filter,
                    "enabled_var": template.enabled_var,
                    "enabled_value": template.enabled_value,
                    "overwrite": template.overwrite,
                    "overwrite_vars": template.overwrite_vars,
                },
            },
            prompts={name: getattr(template, name) for name in KEPT}
            | {"inventory": template.inventory_id, "source_project": template.source_project_id},
            timeout=template.timeout,
        )

    def holding(self, user: User, role_field: str, *, path: str = "") -> Q:
        """A source has no roles of its own: those of its inventory count."""
        inventory = f"{path}as_inventory_source__inventory"
        if role_field not in (ADMIN, UPDATE, READ):
            return Q(pk__in=[])
        return holding(
            user, INVENTORY, role_field, own=f"{inventory}_id", organization=f"{inventory}__organization_id"
        )

    def holds(self, user: User, template: InventorySource, role_field: str) -> bool:
        return role_field in (ADMIN, UPDATE, READ) and holds(user, template.inventory, role_field)

    def may_launch_some(self, user: User) -> bool:
        return holds_somewhere(user, INVENTORY, UPDATE)
