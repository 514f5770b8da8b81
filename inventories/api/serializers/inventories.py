from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.object_roles import page_of
from access.api.serializers import RuledSerializer
from access.models import Organization
from api.fields import PrimaryKeyField, VariablesField
from inventories.host_filters import InvalidHostFilter
from inventories.membership import matching, totals_of_smart
from inventories.models import Inventory
from inventories.querysets import TOTALS
from inventories.roles import INVENTORY

Kind = Inventory.Kind

# Beside the lists.
RELATED = ("variable_data", "script", "tree", "ad_hoc_commands", "copy", "update_inventory_sources")
# A smart inventory has no groups, and nothing fills it.
OF_GROUPS = ("groups", "root_groups", "tree", "inventory_sources", "update_inventory_sources")
VARIABLES_HELP = "Variables of {}, as JSON or YAML."


def inventory_summary(inventory: Any) -> dict[str, Any]:
    """What AWX says of an inventory in the summary of what is in it; it was read with its totals."""
    return {
        "id": inventory.pk,
        "name": inventory.name,
        "description": inventory.description,
        **{name: getattr(inventory, name) for name in TOTALS},
        "organization_id": inventory.organization_id,
        "kind": inventory.kind,
    }


class InventorySerializer(RuledSerializer):
    resource = "inventories"
    object_type = "inventory"
    role_kind = INVENTORY
    capabilities = ("edit", "delete", "copy", "adhoc")

    organization = PrimaryKeyField(
        queryset=Organization.objects.all(), help_text="The organization that the inventory belongs to."
    )
    variables = VariablesField(
        required=False, allow_blank=True, help_text=VARIABLES_HELP.format("all its hosts")
    )
    has_active_failures = serializers.BooleanField(
        read_only=True, help_text="Whether the last run on a host failed."
    )
    total_hosts = serializers.IntegerField(read_only=True, help_text="How many hosts it has.")
    hosts_with_active_failures = serializers.IntegerField(
        read_only=True, help_text="How many hosts there are on which the last run failed."
    )
    total_groups = serializers.IntegerField(read_only=True, help_text="How many groups it has.")
    has_inventory_sources = serializers.BooleanField(
        read_only=True, help_text="Whether it is filled from anywhere."
    )
    total_inventory_sources = serializers.IntegerField(
        read_only=True, help_text="How many sources it is filled from."
    )
    inventory_sources_with_failures = serializers.IntegerField(
        read_only=True, help_text="How many of its sources could not be read last."
    )

    class Meta:
        model = Inventory
        fields: ClassVar = [
            *("name", "description", "organization", "kind", "host_filter", "variables"),
            *TOTALS,
            *("pending_deletion", "prevent_instance_group_fallback"),
        ]
        extra_kwargs: ClassVar = {
            "kind": {"help_text": "Whether hosts are put into it, or found by its host_filter (smart)."},
            "host_filter": {"help_text": "Which hosts of its organization a smart inventory has."},
            "pending_deletion": {"help_text": "Whether it is being deleted."},
            "prevent_instance_group_fallback": {
                "help_text": "Whether runs on it leave out the instance groups of the organization."
            },
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        related = super().get_related(obj) | {name: f"{own}{name}/" for name in RELATED}
        if obj.kind == Kind.SMART:
            related = {name: path for name, path in related.items() if name not in OF_GROUPS}
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization:
            organization = obj.organization
            summary["organization"] = {
                name: getattr(organization, name) for name in ("id", "name", "description")
            }
        labels = sorted(obj.labels.all(), key=lambda label: label.name)
        shown = [{"id": label.pk, "name": label.name} for label in labels[:10]]
        return summary | {"labels": {"count": len(labels), "results": shown}}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if instance.kind == Kind.SMART:
            shown["total_hosts"] = self._totals(instance)[instance.pk]
        return shown

    def _totals(self, inventory: Inventory) -> dict[int, int]:
        """The hosts of all smart inventories that are shown together, counted at once."""
        context: Any = self.context
        known: dict[int, int] = context.setdefault("totals_of_smart", {})
        if inventory.pk not in known:
            known |= totals_of_smart([one for one in page_of(self, inventory) if one.kind == Kind.SMART])
        return known

    def validate_kind(self, kind: str) -> str:
        if kind == Kind.CONSTRUCTED:
            raise ValidationError("There are no constructed inventories here.")
        return kind

    def validate_host_filter(self, host_filter: str | None) -> str | None:
        if host_filter:
            try:
                matching(host_filter, None)
            except InvalidHostFilter as error:
                raise ValidationError(str(error)) from None
        return host_filter

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, host_filter = (
            attrs.get(name, getattr(self.instance, name, None)) for name in ("kind", "host_filter")
        )
        if kind == Kind.SMART and not host_filter:
            raise ValidationError({"host_filter": ["Smart inventories must specify host_filter"]})
        return attrs


class InventoryCopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=512)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        original: Inventory | None = self.context.get("original")
        if original is not None and original.name == attrs["name"]:
            raise ValidationError(
                f"The original object is already named {original.name}, a copy from it cannot have the same name."
            )
        return attrs
