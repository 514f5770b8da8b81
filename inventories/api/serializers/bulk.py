"""What AWX's requests for many hosts take."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from access.rules import may_change
from api.fields import PrimaryKeyField
from api.ids import LARGEST_ID
from inventories.api.serializers.members import HostSerializer
from inventories.bulk import MOST_CREATED, MOST_DELETED, by_inventory
from inventories.models import Host, Inventory


class NewHostSerializer(HostSerializer):
    class Meta(HostSerializer.Meta):
        fields: ClassVar = ["name", "enabled", "instance_id", "description", "variables"]

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return list(self.Meta.fields)


class BulkCreateSerializer(serializers.Serializer[Any]):
    inventory = PrimaryKeyField(
        queryset=Inventory.objects.all(), help_text="The inventory that the hosts are put into."
    )
    hosts = serializers.ListField(
        child=NewHostSerializer(),
        allow_empty=False,
        help_text='The hosts, such as [{"name": "web1.example.com"}].',
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        inventory: Inventory = attrs["inventory"]
        if inventory.kind:
            raise ValidationError(
                "Hosts can only be created in manual inventories (not smart or constructed types)."
            )
        if len(attrs["hosts"]) > MOST_CREATED:
            raise ValidationError("Number of hosts exceeds system setting BULK_HOST_MAX_CREATE")
        if not may_change(self.context["request"].user, inventory, {}):
            raise ValidationError(
                f"Inventory with id {inventory.pk} not found or lack permissions to add hosts."
            )
        return attrs


class BulkDeleteSerializer(serializers.Serializer[Any]):
    hosts = serializers.ListField(
        child=serializers.IntegerField(min_value=-LARGEST_ID, max_value=LARGEST_ID),
        allow_empty=False,
        help_text="The ids of the hosts, such as [105, 130].",
    )

    def validate_hosts(self, numbers: list[int]) -> list[Host]:
        if len(numbers) > MOST_DELETED:
            raise ValidationError("Number of hosts exceeds system setting BULK_HOST_MAX_DELETE")
        hosts = list(Host.objects.select_related("inventory").filter(pk__in=numbers))
        missing = set(numbers) - {host.pk for host in hosts}
        if missing:
            text = "Hosts do not exist or you lack permission to delete it"
            raise ValidationError({str(number): text for number in sorted(missing)})
        return hosts

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        inventories = by_inventory(attrs["hosts"])
        user = self.context["request"].user
        closed = [one.name for one in inventories if not may_change(user, one, {})]
        if closed:
            text = "Lack permissions to delete hosts from this inventory."
            raise PermissionDenied({"inventories": dict.fromkeys(closed, text)})
        return attrs
