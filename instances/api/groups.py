"""Instance groups as resources, their instances, the groups of an instance, and those of an organization."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.serializers import RuledSerializer
from access.models import Organization
from access.rules import may_act, may_change
from api.attaching import AttachSublist
from api.views import Resource
from credentials.models import Credential, CredentialType
from instances.api.instances import INSTANCES, InstanceSerializer
from instances.models import CONTROL_PLANE, Instance, InstanceGroup
from instances.querysets import COMPUTED, with_load
from instances.roles import INSTANCE_GROUP, INSTANCE_GROUP_ROLES

GROUPS = with_load(InstanceGroup.objects.select_related("credential__credential_type"))
# Of the groups that are always there.
FIXED = ("name", "is_container_group", "policy_instance_list", "policy_instance_percentage")
FIXED_TEXTS = {
    "policy_instance_percentage": "%s instance group policy_instance_percentage may not be changed from the initial "
    "value set by the installer.",
}
BY_POLICY = ("policy_instance_list", "policy_instance_percentage", "policy_instance_minimum")


class InstanceGroupSerializer(RuledSerializer):
    resource = "instance_groups"
    object_type = "instance_group"
    role_kind = INSTANCE_GROUP

    capacity = serializers.IntegerField(read_only=True)
    consumed_capacity = serializers.FloatField(read_only=True)
    percent_capacity_remaining = serializers.FloatField(read_only=True)
    jobs_running = serializers.SerializerMethodField(help_text="Runs that are carried out in the group now.")
    jobs_total = serializers.IntegerField(read_only=True, help_text="Runs that were given to the group.")
    instances = serializers.SerializerMethodField(help_text="How many instances the group has.")
    policy_instance_list = serializers.JSONField(
        required=False,
        initial=list,  # type: ignore[arg-type]  # the stubs know of objects only
        help_text="List of exact-match Instances that will be assigned to this group",
    )

    class Meta:
        model = InstanceGroup
        fields: ClassVar = [
            *("id", "type", "url", "related", "name", "created", "modified", "capacity", "consumed_capacity"),
            *("percent_capacity_remaining", "jobs_running", "max_concurrent_jobs", "max_forks", "jobs_total"),
            *("instances", "is_container_group", "credential", "policy_instance_percentage"),
            *("policy_instance_minimum", "policy_instance_list", "pod_spec_override", "summary_fields"),
        ]
        extra_kwargs: ClassVar = {
            "max_concurrent_jobs": {"help_text": "AWX's, without effect."},
            "max_forks": {"help_text": "AWX's, without effect."},
            "policy_instance_minimum": {"help_text": "AWX's, without effect."},
            "policy_instance_percentage": {"help_text": "New instances join where it is 100."},
            "is_container_group": {"help_text": "AWX's: such a group has no instances."},
        }

    def get_jobs_running(self, obj: Any) -> int:
        return int(obj.jobs_running)

    def get_instances(self, obj: Any) -> int:
        return int(obj.instance_count)

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        names = ("jobs", "instances", "access_list", "object_roles")
        related = super().get_related(obj) | {name: f"{own}{name}/" for name in names}
        if obj.credential_id:
            related["credential"] = f"/api/v2/credentials/{obj.credential_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.credential:
            names = ("name", "description", "kind", "cloud", "kubernetes")
            summary["credential"] = {"id": obj.credential_id} | {
                name: getattr(obj.credential, name) for name in names
            }
        return summary

    def may(self, capability: str, obj: Any) -> bool:
        return not (capability == "delete" and obj.is_standing) and super().may(capability, obj)

    def validate_policy_instance_list(self, names: Any) -> list[str]:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValidationError("A list of hostnames is needed.")
        for name in names:
            if names.count(name) > 1:
                raise ValidationError(f"Duplicate entry {name}.")
            if "\0" in name or not Instance.objects.filter(hostname=name).exists():
                raise ValidationError(f"{name} is not a valid hostname of an existing instance.")
        return names

    def validate_credential(self, credential: Credential | None) -> Credential | None:
        if credential and credential.credential_type.kind != CredentialType.Kind.KUBERNETES:
            raise ValidationError("Only Kubernetes credentials can be associated with an Instance Group")
        return credential

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, InstanceGroup) else InstanceGroup()
        for name in FIXED if stored.is_standing else ():
            if name in attrs and attrs[name] != getattr(stored, name):
                text = FIXED_TEXTS.get(name, f"%s instance group {name} may not be changed.")
                raise ValidationError({name: [text % stored.name]})
        is_container_group = attrs.get("is_container_group", stored.is_container_group)
        for name in BY_POLICY if is_container_group else ():
            if attrs.get(name):
                raise ValidationError({name: ["Containerized instances may not be managed via the API"]})
        if attrs.get("credential") and not is_container_group:
            text = "is_container_group must be True when associating a credential to an Instance Group"
            raise ValidationError({"is_container_group": text})
        credential = attrs.get("credential")
        if (
            credential
            and credential.pk != stored.credential_id
            and not may_act(self.context["request"].user, credential, "use")
        ):
            raise PermissionDenied
        return attrs


class InstanceGroupViewSet(Resource):
    """Workers that templates and organizations can name, so that their runs are carried out there and nowhere else."""

    queryset = GROUPS
    serializer_class = InstanceGroupSerializer
    search_fields = ("name",)
    named_by = (("name",),)
    object_roles = tuple(INSTANCE_GROUP_ROLES)

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        serializer.instance = self.get_queryset().get(pk=serializer.instance.pk)

    def get_object(self) -> InstanceGroup:
        group: InstanceGroup = super().get_object()
        if group.is_standing and self.request.method == "DELETE":
            raise PermissionDenied
        return group


class GroupObjectRoles(ObjectRoles):
    """The roles of one instance group."""

    parents = InstanceGroup.objects.all()


class GroupAccessList(AccessList):
    """The users who may read one instance group, with the roles that let them."""

    parents = InstanceGroup.objects.all()


class Membership(AttachSublist):
    """Base of the two lists that say which instances are in which groups; a group remembers whom it was given."""

    creates = False

    @staticmethod
    def pair(parent: Any, child: Any) -> tuple[InstanceGroup, Instance]:
        raise NotImplementedError

    def check_attach(self, parent: Any, child: Any) -> None:
        group, _ = self.pair(parent, child)
        if group.is_container_group:
            raise ValidationError({"msg": "Containerized instances may not be managed via the API"})

    def attach(self, parent: Any, child: Any) -> None:
        super().attach(parent, child)
        group, instance = self.pair(parent, child)
        group = InstanceGroup.objects.select_for_update().get(pk=group.pk)
        if not group.is_standing and instance.hostname not in group.policy_instance_list:
            group.policy_instance_list = [*group.policy_instance_list, instance.hostname]
            group.save(update_fields=["policy_instance_list"])

    def detach(self, parent: Any, child: Any) -> None:
        group, instance = self.pair(parent, child)
        if group.name == CONTROL_PLANE and instance.node_type == Instance.NodeType.HYBRID:
            text = f"Cannot disassociate hybrid node {instance.hostname} from {group.name}."
            raise ValidationError({"msg": text})
        super().detach(parent, child)
        group = InstanceGroup.objects.select_for_update().get(pk=group.pk)
        if instance.hostname in group.policy_instance_list:
            group.policy_instance_list = [
                name for name in group.policy_instance_list if name != instance.hostname
            ]
            group.save(update_fields=["policy_instance_list"])


class GroupInstances(Membership):
    """The instances of one group."""

    queryset = INSTANCES
    serializer_class = InstanceSerializer
    search_fields = ("hostname",)
    computed = COMPUTED
    parents = InstanceGroup.objects.all()
    parent_relation: ClassVar[str] = "rampart_groups"
    relation = "instances"

    @staticmethod
    def pair(parent: Any, child: Any) -> tuple[InstanceGroup, Instance]:
        return parent, child


class InstanceGroups(Membership):
    """The groups that one instance is in."""

    queryset = GROUPS
    serializer_class = InstanceGroupSerializer
    search_fields = ("name",)
    parents = Instance.objects.all()
    parent_relation: ClassVar[str] = "instances"
    relation = "rampart_groups"

    @staticmethod
    def pair(parent: Any, child: Any) -> tuple[InstanceGroup, Instance]:
        return child, parent


class AttachedGroups(AttachSublist):
    """Base of the instance groups that an object names, in the order in which they were attached.

    A group is attached by whoever changes the object and may use the group.
    """

    queryset = GROUPS
    serializer_class = InstanceGroupSerializer
    search_fields = ("name",)
    relation = "instance_groups"
    creates = False
    # The ORM path from a group to the rows that say where it stands.
    places: ClassVar[str]

    def get_queryset(self) -> Any:
        return super().get_queryset().order_by(f"{self.places}__id")

    def check_relation(self, parent: Model, child: Model | None, action: str) -> None:
        asker = self.request.user
        if child is None or not (may_change(asker, parent, {}) and may_act(asker, child, "use")):
            raise PermissionDenied


class OrganizationGroups(AttachedGroups):
    """The instance groups whose instances carry out an organization's runs, where a template names none."""

    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization_places__organization"
    places = "organization_places"
