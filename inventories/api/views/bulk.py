"""AWX's endpoints for many hosts at once."""

from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.permissions import EveryUser
from api import changes
from api.openapi import ANY_OBJECT, OpenApi
from api.renderers import Pages
from api.views import Endpoint
from inventories.api.serializers.bulk import BulkCreateSerializer, BulkDeleteSerializer
from inventories.bulk import BulkRefused, by_inventory, create_hosts
from inventories.models import Host, Inventory

SHOWN = ("name", "enabled", "instance_id", "description", "variables", "id")


class Bulk(Endpoint):
    """The endpoints that do something with many objects at once."""

    permission_classes = (EveryUser,)
    http_method_names = ["get", "options"]
    # In AWX's order, which OPTIONS tells.
    renderer_classes = (Pages, JSONRenderer)

    def get_renderers(self) -> list[BaseRenderer]:
        """Who asks for nothing in particular is given JSON, which AWX's command line counts on."""
        return super().get_renderers()[::-1]

    @property
    def allowed_methods(self) -> list[str]:
        """What AWX's says of itself."""
        return ["GET", "OPTIONS"]

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        names = ("host_create", "host_delete", "job_launch")
        return Response({name: f"/api/v2/bulk/{name}/" for name in names})


class BulkHostCreate(Endpoint):
    """POST makes up to a hundred hosts in one inventory: all of them, or none."""

    permission_classes = (EveryUser,)
    http_method_names = ["get", "post", "options"]
    serializer_class = BulkCreateSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"detail": "Bulk create hosts with this endpoint"})

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        serializer = BulkCreateSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        inventory: Inventory = serializer.validated_data["inventory"]
        before = inventory.hosts.count()
        try:
            made = create_hosts(inventory, serializer.validated_data["hosts"], user=asker(request))
        except BulkRefused as error:
            raise ValidationError({"__all__": [str(error)]}) from None
        announce(request, inventory, {"total_hosts": [before, before + len(made)]})
        url = f"/api/v2/inventories/{inventory.pk}/"
        hosts = [
            {name: getattr(host, name) for name in SHOWN}
            | {"url": f"/api/v2/hosts/{host.pk}/", "inventory": url}
            for host in made
        ]
        return Response({"url": url, "hosts": hosts}, status=status.HTTP_201_CREATED)


class BulkHostDelete(Endpoint):
    """POST deletes up to 250 hosts by their ids: all of them, or none."""

    permission_classes = (EveryUser,)
    http_method_names = ["get", "post", "options"]
    serializer_class = BulkDeleteSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"detail": "Bulk delete hosts with this endpoint"})

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        serializer = BulkDeleteSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        hosts: list[Host] = serializer.validated_data["hosts"]
        Host.objects.filter(pk__in=[host.pk for host in hosts]).delete()
        for inventory, gone in by_inventory(hosts).items():
            named = [{"host_id": host.pk, "host_name": host.name} for host in gone]
            announce(request, inventory, {"deleted_hosts": named})
        texts = {host.pk: f"The host {host.name} was deleted" for host in hosts}
        return Response({"hosts": texts}, status=status.HTTP_201_CREATED)


def announce(request: Request, inventory: Inventory, values: dict[str, Any]) -> None:
    changes.changed.send(Inventory, request=request, kind="inventory", obj=inventory, changes=values)
