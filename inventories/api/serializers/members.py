"""Hosts and groups: what is in an inventory."""

import json
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from api.fields import PrimaryKeyField, VariablesField, check_variables
from api.serializers import AnyClass
from inventories.api.serializers.inventories import VARIABLES_HELP, inventory_summary
from inventories.models import Group, Host, Inventory
from inventories.querysets import LAST_RUN
from inventories.roles import refuse_other_inventory

# Beside the lists.
RELATED_OF_HOST = (
    *("variable_data", "job_events", "ad_hoc_commands", "ad_hoc_command_events", "ansible_facts"),
)
RELATED_OF_GROUP = ("variable_data", "job_events", "ad_hoc_commands")
GROUPS_SHOWN = 5
RESERVED_GROUPS = ("all", "_meta")


class InInventorySerializer(RuledSerializer):
    """What hosts and groups have in common. They stay in the inventory in which they were made."""

    related_names: ClassVar[tuple[str, ...]]

    def build_relational_field(self, field_name: str, relation_info: Any) -> tuple[AnyClass, dict[str, Any]]:
        field_class, kwargs = super().build_relational_field(field_name, relation_info)
        if field_name == "inventory" and self.is_of_one_object:
            return field_class, {"read_only": True}
        return field_class, kwargs

    @property
    def is_of_one_object(self) -> bool:
        """Whether it shows or changes an object that is there, rather than making one."""
        return isinstance(self.instance, self.Meta.model) or bool(
            getattr(self.context.get("view"), "detail", False)
        )

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        return super().get_related(obj) | {
            **{name: f"{own}{name}/" for name in self.related_names},
            "inventory": f"/api/v2/inventories/{obj.inventory_id}/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return {"inventory": inventory_summary(obj.inventory), **super().get_summary_fields(obj)}

    def current(self, attrs: dict[str, Any], name: str) -> Any:
        return attrs.get(name, getattr(self.instance, name, None))

    def validate_inventory(self, inventory: Inventory) -> Inventory:
        if inventory.kind:
            thing = str(self.Meta.model.__name__)
            text = f"Cannot create {thing} for Smart or Constructed Inventories"
            raise ValidationError({"detail": text})
        return inventory

    def refuse_name_of(self, other: type[Host | Group], attrs: dict[str, Any], name: str) -> None:
        """Raises ValidationError: hosts and groups share their names, for patterns mean either."""
        inventory = self.current(attrs, "inventory")
        if inventory is not None and other._default_manager.filter(name=name, inventory=inventory).exists():
            raise ValidationError(f"A {other.__name__} with that name already exists.")


class HostSerializer(InInventorySerializer):
    resource = "hosts"
    object_type = "host"
    related_names = RELATED_OF_HOST

    variables = VariablesField(
        required=False,
        allow_blank=True,
        help_text=VARIABLES_HELP.format("the host")
        + " `belfry_url` is its base URL, or else `ansible_host`, `ansible_port` and `belfry_scheme` make it.",
    )
    has_inventory_sources: Any = serializers.SerializerMethodField()
    last_job = PrimaryKeyField(read_only=True, help_text="The last job on the host.")
    last_job_host_summary = PrimaryKeyField(read_only=True, help_text="How the last job went on the host.")
    ansible_facts_modified = serializers.DateTimeField(
        read_only=True, help_text="AWX's: there are no facts here."
    )

    class Meta:
        model = Host
        fields: ClassVar = [
            *("name", "description", "inventory", "enabled", "instance_id", "variables"),
            *("has_active_failures", "has_inventory_sources", *LAST_RUN),
        ]
        extra_kwargs: ClassVar = {
            "inventory": {"help_text": "The inventory that the host is in."},
            "enabled": {"help_text": "Whether jobs call it."},
            "has_active_failures": {"help_text": "Whether the last call of it failed.", "read_only": True},
            "instance_id": {"help_text": "What the source that it came from knows it by."},
        }

    def get_has_inventory_sources(self, obj: Any) -> bool:
        return bool(obj.is_from_source)

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        groups = sorted(obj.groups.all(), key=lambda group: group.pk)
        shown = [{"id": group.pk, "name": group.name} for group in groups[:GROUPS_SHOWN]]
        runs = [wire_times(run) for run in obj.recent_runs]
        summary = super().get_summary_fields(obj)
        if runs:
            summary["last_job"] = of_last_run(runs[0])
            summary["last_job_host_summary"] = {
                "id": obj.last_job_host_summary,
                "failed": obj.has_active_failures,
            }
        names = ("id", "name", "type", "status", "finished")
        return summary | {
            "groups": {"count": len(groups), "results": shown},
            "recent_jobs": [{name: run[name] for name in names} for run in runs],
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj)
        for name, path in (("last_job", "jobs"), ("last_job_host_summary", "job_host_summaries")):
            number = getattr(obj, name)
            if number:
                related[name] = f"/api/v2/{path}/{number}/"
        return related

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if isinstance(self.instance, Host):
            refuse_other_inventory(self.instance, self.initial_data)
        name = str(self.current(attrs, "name") or "")
        self.refuse_name_of(Group, attrs, name)
        if "name" in attrs:
            attrs["name"], port = split_port(name)
            if port:
                variables = check_variables(self.current(attrs, "variables") or "")
                attrs["variables"] = json.dumps({**variables, "ansible_ssh_port": port})
        return attrs


def wire_times(run: dict[str, Any]) -> dict[str, Any]:
    """Times that the database wrote into JSON, in the API's form."""
    return run | {
        name: run[name] and run[name].replace("+00:00", "Z") for name in ("finished", "canceled_on")
    }


def of_last_run(run: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "name", "description", "finished", "status", "failed")
    summary = {name: run[name] for name in names}
    if run["canceled_on"]:
        summary["canceled_on"] = run["canceled_on"]
    if run["template"]:
        summary |= {"job_template_id": run["template"], "job_template_name": run["template_name"]}
    return summary


def split_port(name: str) -> tuple[str, int | None]:
    """AWX's `name:port`. Raises ValidationError."""
    if name.count(":") != 1:
        return name, None
    host, port = name.split(":")
    if not (port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) < 65536):
        raise ValidationError({"name": [f"Invalid port specification: {port}"]})
    return host, int(port)


class GroupSerializer(InInventorySerializer):
    resource = "groups"
    object_type = "group"
    capabilities = ("edit", "delete", "copy")
    related_names = RELATED_OF_GROUP

    variables = VariablesField(
        required=False, allow_blank=True, help_text=VARIABLES_HELP.format("the hosts in the group")
    )

    class Meta:
        model = Group
        fields: ClassVar = ["name", "description", "inventory", "variables"]
        extra_kwargs: ClassVar = {"inventory": {"help_text": "The inventory that the group is in."}}

    def validate_name(self, name: str) -> str:
        if name in RESERVED_GROUPS:
            raise ValidationError("Invalid group name.")
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.refuse_name_of(Host, attrs, str(self.current(attrs, "name") or ""))
        return attrs
