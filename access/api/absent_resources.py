"""Resources of AWX that are absent here: ad hoc commands, metrics of hosts, the mesh, roles in AWX's newer form."""

from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.absent import AbsentList, AbsentObject, AbsentSerializer, ReadersOfAll, RefusingList
from api.installation import install_uuid
from api.openapi import ANY_OBJECT, OpenApi
from api.routers import Router
from api.views import Endpoint

LAUNCH_TYPES = (
    *("manual", "relaunch", "callback", "scheduled", "dependency", "workflow", "webhook", "sync", "scm"),
)
STATUSES = ("new", "pending", "waiting", "running", "successful", "failed", "error", "canceled")
MODULES = (
    *("command", "shell", "yum", "apt", "apt_key", "apt_repository", "apt_rpm", "service", "group", "user"),
    *("mount", "ping", "selinux", "setup", "win_ping", "win_service", "win_updates", "win_group", "win_user"),
)


class KeyField(serializers.IntegerField):
    metadata_type = "id"


class AdHocCommandSerializer(AbsentSerializer):
    object_type = "ad_hoc_command"
    model_name = "AdHocCommand"

    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    name = serializers.CharField(read_only=True)
    launch_type = serializers.ChoiceField(choices=LAUNCH_TYPES, read_only=True)
    status = serializers.ChoiceField(choices=STATUSES, read_only=True)
    execution_environment = KeyField(required=False)
    failed = serializers.BooleanField(read_only=True)
    started = serializers.DateTimeField(read_only=True)
    finished = serializers.DateTimeField(read_only=True)
    canceled_on = serializers.DateTimeField(read_only=True)
    elapsed = serializers.FloatField(read_only=True)
    job_explanation = serializers.CharField(read_only=True)
    execution_node = serializers.CharField(read_only=True)
    controller_node = serializers.CharField(read_only=True)
    launched_by = serializers.SerializerMethodField()
    work_unit_id = serializers.CharField(read_only=True)
    job_type = serializers.ChoiceField(choices=("run", "check"), required=False)
    inventory = KeyField(required=False)
    limit = serializers.CharField(required=False)
    credential = KeyField(required=False)
    module_name = serializers.ChoiceField(choices=MODULES, required=False)
    module_args = serializers.CharField(required=False)
    forks = serializers.IntegerField(required=False)
    verbosity = serializers.ChoiceField(choices=range(6), required=False)
    extra_vars = serializers.CharField(required=False)
    become_enabled = serializers.BooleanField(required=False)
    diff_mode = serializers.BooleanField(required=False)


class AdHocCommands(RefusingList):
    """Ansible modules run by hand. Belfry has none."""

    serializer_class = AdHocCommandSerializer
    search_fields = ("description", "name")
    required: ClassVar = {
        "inventory": "No valid inventory.",
        "credential": "This field cannot be blank.",
        "module_args": "No argument passed to command module.",
    }
    refusal = "Belfry runs no ad hoc commands."


class AdHocCommand(AbsentObject):
    """One such command."""

    model_name = "AdHocCommand"

    @OpenApi(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        return self.get(request, pk)


class ConstructedInventorySerializer(AbsentSerializer):
    object_type = "inventory"
    model_name = "Inventory"

    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    name = serializers.CharField(required=True)
    description = serializers.CharField(required=False)
    organization = KeyField(required=True)
    kind = serializers.CharField(read_only=True)
    variables = serializers.CharField(required=False)
    has_active_failures = serializers.BooleanField(read_only=True)
    total_hosts = serializers.IntegerField(read_only=True)
    hosts_with_active_failures = serializers.IntegerField(read_only=True)
    total_groups = serializers.IntegerField(read_only=True)
    has_inventory_sources = serializers.BooleanField(read_only=True)
    total_inventory_sources = serializers.IntegerField(read_only=True)
    inventory_sources_with_failures = serializers.IntegerField(read_only=True)
    pending_deletion = serializers.BooleanField(read_only=True)
    prevent_instance_group_fallback = serializers.BooleanField(required=False)
    source_vars = serializers.CharField(required=False)
    update_cache_timeout = serializers.IntegerField(required=False)
    limit = serializers.CharField(required=False)
    verbosity = serializers.ChoiceField(choices=range(3), required=False)


class ConstructedInventories(RefusingList):
    """Inventories that an Ansible plugin makes of others. Belfry has none."""

    serializer_class = ConstructedInventorySerializer
    search_fields = ("description", "name")
    required: ClassVar = {
        "name": "This field is required.",
        "organization": "This field is required.",
    }
    refusal = "Belfry has no constructed inventories."


class ConstructedInventory(AbsentObject):
    """One such inventory."""

    model_name = "Inventory"


class HostMetricSerializer(AbsentSerializer):
    object_type = "host_metric"
    model_name = "HostMetric"

    hostname = serializers.CharField(read_only=True)
    first_automation = serializers.DateTimeField(read_only=True)
    last_automation = serializers.DateTimeField(read_only=True)
    last_deleted = serializers.DateTimeField(read_only=True)
    automated_counter = serializers.IntegerField(read_only=True)
    deleted_counter = serializers.IntegerField(read_only=True)
    deleted = serializers.BooleanField(read_only=True)
    used_in_inventories = serializers.IntegerField(read_only=True)


class HostMetrics(AbsentList):
    """How often hosts were automated, for AWX's subscriptions."""

    permission_classes = (ReadersOfAll,)
    serializer_class = HostMetricSerializer
    search_fields = ("hostname",)


class HostMetric(AbsentObject):
    """One host's figures."""

    permission_classes = (ReadersOfAll,)
    model_name = "HostMetric"


class HostMetricSummarySerializer(AbsentSerializer):
    object_type = "host_metric_summary_monthly"
    model_name = "HostMetricSummaryMonthly"

    date = serializers.DateField(read_only=True)
    license_consumed = serializers.IntegerField(read_only=True)
    license_capacity = serializers.IntegerField(read_only=True)
    hosts_added = serializers.IntegerField(read_only=True)
    hosts_deleted = serializers.IntegerField(read_only=True)
    indirectly_managed_hosts = serializers.IntegerField(read_only=True)


class HostMetricSummaries(AbsentList):
    """The same by months."""

    permission_classes = (ReadersOfAll,)
    serializer_class = HostMetricSummarySerializer


class ReceptorAddressSerializer(AbsentSerializer):
    object_type = "receptor_address"
    model_name = "ReceptorAddress"

    address = serializers.CharField(read_only=True)
    port = serializers.IntegerField(read_only=True)
    protocol = serializers.CharField(read_only=True)
    websocket_path = serializers.CharField(read_only=True)
    is_internal = serializers.BooleanField(read_only=True)
    canonical = serializers.BooleanField(read_only=True)
    instance = KeyField(read_only=True)
    peers_from_control_nodes = serializers.BooleanField(read_only=True)
    full_address = serializers.CharField(read_only=True)


class ReceptorAddresses(AbsentList):
    """Where AWX's nodes reach each other. Belfry's processes meet in the database."""

    serializer_class = ReceptorAddressSerializer
    search_fields = ("address",)


class ReceptorAddress(AbsentObject):
    """One such address."""

    model_name = "ReceptorAddress"


class RoleDefinitionSerializer(AbsentSerializer):
    object_type = "role_definition"
    model_name = "RoleDefinition"

    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    managed = serializers.BooleanField(read_only=True)
    permissions = serializers.ListField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    created_by = KeyField(read_only=True)
    modified_by = KeyField(read_only=True)


class RoleDefinitions(AbsentList):
    """Roles in AWX's newer form, which it keeps beside `roles/`."""

    serializer_class = RoleDefinitionSerializer
    search_fields = ("name", "description")


class RoleDefinition(AbsentObject):
    """One such role."""

    model_name = "RoleDefinition"


class AssignmentSerializer(AbsentSerializer):
    created = serializers.DateTimeField(read_only=True)
    created_by = KeyField(read_only=True)
    role_definition = KeyField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    object_id = serializers.IntegerField(read_only=True)
    object_ansible_id = serializers.UUIDField(read_only=True)


class UserAssignmentSerializer(AssignmentSerializer):
    object_type = "role_user_assignment"
    model_name = "RoleUserAssignment"

    user = KeyField(read_only=True)
    user_ansible_id = serializers.UUIDField(read_only=True)


class RoleUserAssignments(AbsentList):
    """Who has roles of the newer form."""

    serializer_class = UserAssignmentSerializer


class TeamAssignmentSerializer(AssignmentSerializer):
    object_type = "role_team_assignment"
    model_name = "RoleTeamAssignment"

    team = KeyField(read_only=True)
    team_ansible_id = serializers.UUIDField(read_only=True)


class RoleTeamAssignments(AbsentList):
    """Which teams have roles of the newer form."""

    serializer_class = TeamAssignmentSerializer


class MeshVisualizer(Endpoint):
    """AWX's mesh of nodes. There is none."""

    permission_classes = (ReadersOfAll,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"nodes": [], "links": []})


class Analytics(Endpoint):
    """What AWX sends to its maker. Nothing is sent."""

    permission_classes = (ReadersOfAll,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({})


class ServiceIndex(Endpoint):
    """What other services of AWX's platform ask first."""

    permission_classes = (ReadersOfAll,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"metadata": "/api/v2/service-index/metadata/"})


class ServiceMetadata(Endpoint):
    """Which service this is."""

    permission_classes = (ReadersOfAll,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"service_id": install_uuid(), "service_type": "awx"})


def put_into(router: Router) -> None:
    router.endpoint("ad_hoc_commands", AdHocCommands, name="ad_hoc_commands")
    router.endpoint("ad_hoc_commands/<int:pk>", AdHocCommand)
    router.endpoint("constructed_inventories", ConstructedInventories, name="constructed_inventory")
    router.endpoint("constructed_inventories/<int:pk>", ConstructedInventory)
    router.endpoint("host_metrics", HostMetrics, name="host_metrics")
    router.endpoint("host_metrics/<int:pk>", HostMetric)
    router.endpoint("host_metric_summary_monthly", HostMetricSummaries, name="host_metric_summary_monthly")
    router.endpoint("receptor_addresses", ReceptorAddresses, name="receptor_addresses")
    router.endpoint("receptor_addresses/<int:pk>", ReceptorAddress)
    router.endpoint("role_definitions", RoleDefinitions, name="role_definitions")
    router.endpoint("role_definitions/<int:pk>", RoleDefinition)
    router.endpoint("role_user_assignments", RoleUserAssignments, name="role_user_assignments")
    router.endpoint("role_team_assignments", RoleTeamAssignments, name="role_team_assignments")
    router.endpoint("mesh_visualizer", MeshVisualizer, name="mesh_visualizer")
    router.endpoint("analytics", Analytics, name="analytics")
    router.endpoint("service-index", ServiceIndex, name="service_index")
    router.endpoint("service-index/metadata", ServiceMetadata)
