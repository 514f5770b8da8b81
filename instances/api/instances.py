"""Instances as resources: the workers that are alive, or were a while ago."""

from typing import Any, ClassVar

from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers import RuledSerializer
from access.rules import sees_all
from api.missing import find
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Queried, ReadOnlyResource, Updating
from instances.models import Instance
from instances.querysets import COMPUTED, with_state

HEALTH = (
    *("uuid", "hostname", "version", "last_health_check", "errors", "cpu", "memory"),
    *("cpu_capacity", "mem_capacity", "capacity"),
)
INSTANCES = with_state(Instance.objects.all())


class InstanceSerializer(RuledSerializer):
    resource = "instances"
    object_type = "instance"
    capabilities = ("edit",)

    node_state = serializers.ChoiceField(
        choices=Instance.State.choices,
        read_only=True,
        help_text="Whether the worker was seen within the last minute.",
    )
    health_check_started = serializers.DateTimeField(source="last_seen", read_only=True)
    last_health_check = serializers.DateTimeField(source="last_seen", read_only=True)
    health_check_pending = serializers.SerializerMethodField()
    errors: Any = serializers.SerializerMethodField()
    capacity = serializers.IntegerField(
        read_only=True, help_text="How many calls the worker keeps in flight."
    )
    consumed_capacity = serializers.FloatField(read_only=True)
    percent_capacity_remaining = serializers.FloatField(read_only=True)
    jobs_running = serializers.IntegerField(read_only=True, help_text="Runs that it carries out now.")
    jobs_total = serializers.IntegerField(read_only=True, help_text="Runs that it was given.")
    cpu_capacity = serializers.IntegerField(source="capacity", read_only=True)
    mem_capacity = serializers.IntegerField(source="capacity", read_only=True)
    managed = serializers.SerializerMethodField()
    ip_address = serializers.SerializerMethodField()
    listener_port = serializers.SerializerMethodField()
    peers = serializers.SerializerMethodField()
    reverse_peers = serializers.SerializerMethodField()
    peers_from_control_nodes = serializers.SerializerMethodField()
    protocol = serializers.SerializerMethodField()

    class Meta:
        model = Instance
        fields: ClassVar = [
            *("id", "hostname", "type", "url", "related", "summary_fields", "uuid", "created", "modified"),
            *("last_seen", "started", "health_check_started", "health_check_pending", "last_health_check"),
            *("errors", "capacity_adjustment", "version", "capacity", "consumed_capacity"),
            *("percent_capacity_remaining", "jobs_running", "jobs_total", "cpu", "memory", "cpu_capacity"),
            *("mem_capacity", "enabled", "managed_by_policy", "node_type", "node_state", "managed"),
            *("ip_address", "peers", "reverse_peers", "listener_port", "peers_from_control_nodes"),
            "protocol",
        ]
        extra_kwargs: ClassVar = {
            "enabled": {"help_text": "A disabled instance claims no runs."},
            "capacity_adjustment": {"help_text": "AWX's, without effect."},
            "managed_by_policy": {"help_text": "AWX's, without effect."},
            "started": {"help_text": "When the worker began its present life."},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        return super().get_related(obj) | {
            name: f"{own}{name}/" for name in ("jobs", "instance_groups", "health_check")
        }

    def get_health_check_pending(self, obj: Instance) -> bool:
        return False

    def get_errors(self, obj: Any) -> str:
        if obj.node_state == Instance.State.READY:
            return ""
        return "The instance has stopped." if obj.full_capacity == 0 else "The instance is heard of no more."

    def get_managed(self, obj: Instance) -> bool:
        return False

    def get_ip_address(self, obj: Instance) -> str:
        return ""

    def get_listener_port(self, obj: Instance) -> int | None:
        return None

    def get_peers(self, obj: Instance) -> list[int]:
        return []

    def get_reverse_peers(self, obj: Instance) -> list[int]:
        return []

    def get_peers_from_control_nodes(self, obj: Instance) -> bool:
        return False

    def get_protocol(self, obj: Instance) -> str:
        return ""


class InstanceViewSet(Updating, ReadOnlyResource):
    """Workers. They make their entries themselves; what can be changed is whether they claim runs (`enabled`)."""

    queryset = INSTANCES
    serializer_class = InstanceSerializer
    search_fields = ("hostname",)
    named_by = (("hostname",),)
    computed = COMPUTED


class HealthCheck(Queried, GenericAPIView[Instance]):
    """What a worker's last sign of life said of it. Workers give one every few seconds; none can be asked for."""

    name = "Health check"
    queryset = INSTANCES
    serializer_class = InstanceSerializer

    def get_object(self) -> Any:
        instance = find(self.get_queryset(), self.kwargs["pk"])
        if not sees_all(self.request.user):
            raise PermissionDenied
        return instance

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        shown = self.get_serializer(self.get_object()).data
        return Response({name: shown[name] for name in HEALTH})

    @OpenApi(request=None, responses={400: ANY_OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        kind = self.get_object().node_type
        text = (
            f"Cannot run a health check on instances of type {kind}.  "
            "Health checks can only be run on execution nodes."
        )
        return Response({"error": text}, status=status.HTTP_400_BAD_REQUEST)
