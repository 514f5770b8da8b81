"""Inventory sources as resources: AWX's fields, and where the JSON feed of hosts is."""

import re
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.rules import may_act
from api.fields import PrimaryKeyField, VariablesField
from credentials.api.summaries import credential_summary
from inventories.api.serializers.inventories import inventory_summary
from inventories.expressions import CostlyExpression, check_cost
from inventories.models import Inventory
from jobs.api.serializers.fields import AbsentText, WebEndpointField
from jobs.api.serializers.summaries import of_project
from jobs.api.serializers.templates import STATUS_CHOICES, UnifiedJobTemplateSerializer
from jobs.endpoints import is_absolute
from jobs.models import InventorySource, Project
from jobs.statuses import TemplateKind

RELATED = ("update", "inventory_updates", "schedules", "credentials", "hosts", "groups")
OF_PROJECTS = ("source_project", "source_path", "scm_branch")
Source = InventorySource.Source


class SourceCredential(serializers.IntegerField):
    """AWX's old name of the one credential that is not a vault."""

    def get_attribute(self, instance: Any) -> int | None:
        return next((one.pk for one in instance.credentials.all()), None)


class SourceVariables(VariablesField):
    metadata_type = "string"


class InventorySourceSerializer(UnifiedJobTemplateSerializer):
    resource = "inventory_sources"
    object_type = "inventory_source"
    kind = TemplateKind.INVENTORY_SOURCE
    capabilities = ("edit", "delete", "start", "schedule")

    inventory = PrimaryKeyField(
        queryset=Inventory.objects.all(), help_text="The inventory that is brought up to date."
    )
    source: Any = serializers.ChoiceField(
        choices=Source.choices,
        help_text="With `scm` the feed is at `source_path` under the project's base URL; with any other, which AWX "
        "asks a plugin for, it is at `feed_url`.",
    )
    source_project = PrimaryKeyField(
        queryset=Project.objects.all(),
        required=False,
        allow_null=True,
        help_text="The service that publishes the feed.",
    )
    source_path = WebEndpointField(
        required=False,
        allow_blank=True,
        max_length=1024,
        help_text="The feed's path under the project's base URL.",
    )
    feed_url = WebEndpointField(
        required=False,
        allow_blank=True,
        max_length=1024,
        help_text="The whole URL of the feed: JSON as Ansible's dynamic inventories print it, or a list of hosts.",
    )
    source_vars = SourceVariables(
        required=False,
        allow_blank=True,
        help_text="AWX's settings of a plugin: kept and given back, without effect.",
    )
    credential = SourceCredential(read_only=True)
    organization = None  # type: ignore[assignment]  # it is the inventory's
    custom_virtualenv = AbsentText()
    status = serializers.ChoiceField(
        choices=[*STATUS_CHOICES, ("none", "No External Source")], read_only=True
    )
    last_update_failed = serializers.BooleanField(source="last_job_failed", read_only=True)
    last_updated = serializers.DateTimeField(source="last_job_run", read_only=True)

    class Meta:
        model = InventorySource
        fields: ClassVar = [
            *(
                "name",
                "description",
                "source",
                "source_path",
                "feed_url",
                "source_vars",
                "scm_branch",
                "credential",
            ),
            *(
                "enabled_var",
                "enabled_value",
                "host_filter",
                "overwrite",
                "overwrite_vars",
                "custom_virtualenv",
            ),
            *("timeout", "verbosity", "limit", "last_job_run", "last_job_failed", "next_job_run", "status"),
            *(
                "execution_environment",
                "inventory",
                "update_on_launch",
                "update_cache_timeout",
                "source_project",
            ),
            *("last_update_failed", "last_updated"),
        ]
        extra_kwargs: ClassVar = {
            "enabled_var": {
                "help_text": "The variable (dotted) of a host that says whether it is enabled; without it all are."
            },
            "enabled_value": {
                "help_text": "What that variable is of an enabled host; without it, anything true."
            },
            "host_filter": {"help_text": "A regular expression; only hosts whose name it matches are taken."},
            "overwrite": {
                "help_text": "Whether hosts and groups go that the feed named before and names no longer."
            },
            "overwrite_vars": {
                "help_text": "Whether the feed's variables replace others, instead of joining them."
            },
            "timeout": {
                "help_text": "The amount of time (in seconds) that the call may take; 0 for the default."
            },
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        related.pop("organization", None)
        own = f"/api/v2/inventory_sources/{obj.pk}"
        related |= {name: f"{own}/{name}/" for name in RELATED}
        related["inventory"] = f"/api/v2/inventories/{obj.inventory_id}/"
        if obj.source_project_id:
            related["source_project"] = f"/api/v2/projects/{obj.source_project_id}/"
        for update, job in (("current_update", "current_job"), ("last_update", "last_job")):
            if job in related:
                related[update] = related[job]
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        summary["inventory"] = inventory_summary(obj.inventory)
        if obj.source_project:
            summary["source_project"] = of_project(obj.source_project)
        return summary | {"credentials": [credential_summary(one) for one in obj.credentials.all()]}

    def may(self, capability: str, obj: Model) -> bool:
        if capability == "start":
            return may_act(self.context["request"].user, obj, "update")
        return super().may(capability, obj)

    def validate_host_filter(self, text: str) -> str:
        try:
            check_cost(text, [])
            re.compile(text)
        except (CostlyExpression, re.error, OverflowError, RecursionError) as error:
            raise ValidationError([f"host_filter must be a valid regular expression: {error}"]) from None
        return text

    def validate_feed_url(self, text: str) -> str:
        if text and not is_absolute(text):
            raise ValidationError(["The URL of the feed must be absolute."])
        return text

    def validate_inventory(self, inventory: Inventory) -> Inventory:
        if isinstance(self.instance, InventorySource) and inventory.pk != self.instance.inventory_id:
            raise ValidationError(["Cannot change the inventory of an inventory source."])
        if inventory.kind:
            text = "Cannot create Inventory Source for Smart or Constructed Inventories"
            raise ValidationError({"detail": text})
        return inventory

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self._check_source(attrs)
        return super().validate(attrs)

    def _check_source(self, attrs: dict[str, Any]) -> None:
        source = attrs.get("source", getattr(self.instance, "source", ""))
        if source == Source.SCM:
            if attrs.get("source_project", getattr(self.instance, "source_project", None)) is None:
                raise ValidationError({"source_project": ["Project required for scm type sources."]})
            return
        given = [name for name in OF_PROJECTS if attrs.get(name)]
        if given:
            raise ValidationError({"detail": [f"Cannot set {' '.join(given)} if not SCM type."]})

    def take_organization(self, attrs: dict[str, Any]) -> None:
        if "inventory" in attrs:
            attrs["organization"] = attrs["inventory"].organization

    def _check_unique(self, attrs: dict[str, Any]) -> None:
        name = attrs.get("name", getattr(self.instance, "name", ""))
        inventory = attrs.get("inventory", getattr(self.instance, "inventory", None))
        others = InventorySource.objects.filter(name=name, inventory=inventory)
        if isinstance(self.instance, InventorySource):
            others = others.exclude(pk=self.instance.pk)
        if others.exists():
            text = "InventorySource with this (inventory, name) combination already exists."
            raise ValidationError({"__all__": [text]})
