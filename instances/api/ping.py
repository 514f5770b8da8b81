"""`/api/v2/ping/`: whether Belfry is ready, and which workers live."""

from typing import Any

from django.db import DatabaseError
from django.db.models import Prefetch
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.installation import install_uuid
from api.middleware import NODE, PRODUCT_VERSION
from api.openapi import OpenApi
from api.views import Endpoint
from instances.models import Instance, InstanceGroup
from instances.querysets import living


class PingSerializer(serializers.Serializer[Any]):
    ha = serializers.BooleanField()
    version = serializers.CharField()
    active_node = serializers.CharField()
    install_uuid = serializers.CharField()
    instances = serializers.ListField(child=serializers.DictField())
    instance_groups = serializers.ListField(child=serializers.DictField())


class Ping(Endpoint):
    """Whether Belfry is ready: 200 when it is, 503 while it cannot reach its database."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    def get_view_name(self) -> str:
        return "Ping"

    @OpenApi(responses={200: PingSerializer})
    def get(self, request: Request) -> Response:
        alive = living(Instance.objects.order_by("hostname"))
        try:
            instances = [_shown(instance) for instance in alive]
            groups = list(
                InstanceGroup.objects.order_by("name").prefetch_related(Prefetch("instances", queryset=alive))
            )
        except DatabaseError:
            return Response(
                {"detail": "The database cannot be reached."}, status=status.HTTP_503_SERVICE_UNAVAILABLE
            )
        return Response(
            {
                "ha": len(instances) > 1,
                "version": PRODUCT_VERSION,
                "active_node": NODE,
                "install_uuid": install_uuid(),
                "instances": instances,
                "instance_groups": [_summed_up(group) for group in groups],
            }
        )


def _shown(instance: Instance) -> dict[str, Any]:
    return {
        "node": instance.hostname,
        "node_type": instance.node_type,
        "uuid": str(instance.uuid),
        "heartbeat": instance.last_seen,
        "capacity": instance.full_capacity,
        "version": instance.version,
    }


def _summed_up(group: InstanceGroup) -> dict[str, Any]:
    members = list(group.instances.all())
    return {
        "name": group.name,
        "capacity": sum(instance.full_capacity for instance in members),
        "instances": [instance.hostname for instance in members],
    }
