from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from access.api.views import asker
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, ReadOnlySublist, Resource
from inventories.api.serializers.members import HostSerializer
from inventories.api.views.base import InventoryAttachSublist, OfInventory, ReadAgain, VariableData
from inventories.groups import all_hosts
from inventories.host_filters import InvalidHostFilter
from inventories.membership import hosts_of, matching
from inventories.models import Group, Host
from inventories.querysets import LAST_RUN, with_last_run

HOSTS = with_last_run(Host.objects.select_related("created_by", "modified_by"))
BEING_DELETED = "The inventory for this host is already being deleted."
NO_VARIABLES = ("", "{}", "---", None)


class HostFilter(BaseFilterBackend):
    """`?host_filter=name=web and groups__name=prod`."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        text = request.query_params.get("host_filter")
        if not text:
            return queryset
        view.costly_query = True
        try:
            return queryset.filter(matching(text, asker(request)))
        except InvalidHostFilter as error:
            raise ValidationError({"error": str(error)}) from None

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "host_filter",
                "in": "query",
                "required": False,
                "description": "Lookups of hosts, joined by `and`, `or` and brackets.",
                "schema": {"type": "string"},
            }
        ]


class HostViewSet(ReadAgain, Resource):
    """What jobs call: each host has a base URL, by its name or its variables."""

    queryset = HOSTS
    serializer_class = HostSerializer
    computed = LAST_RUN
    lookup_aliases: ClassVar[dict[str, str]] = {"last_job_host_summary__failed": "has_active_failures"}
    named_by = (("name",), ("inventory__name",), ("inventory__organization__name",))
    filter_backends: Any = [*api_settings.DEFAULT_FILTER_BACKENDS, HostFilter]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is wrong with the query is an `error` here (AWX's way)."""
        try:
            return super().list(request, *args, **kwargs)
        except ValidationError:
            raise
        except APIException as error:
            raise ValidationError({"error": str(error.detail)}) from None

    def perform_destroy(self, instance: Host) -> None:
        if instance.inventory.pending_deletion:
            raise ValidationError({"error": BEING_DELETED})
        instance.delete()


class HostVariables(VariableData):
    """The variables of a host, as an object. PUT and PATCH replace all of them."""

    queryset = HOSTS
    object_serializer = HostSerializer


class HostFacts(OneObject):
    """AWX's facts, which Ansible gathers: there are none here."""

    queryset = HOSTS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.get_object()
        return Response({})


class InventoryHosts(OfInventory):
    """The hosts of one inventory. POST makes one; what is taken out is deleted, for it is nowhere else."""

    queryset = HOSTS
    serializer_class = HostSerializer
    computed = LAST_RUN
    relation = "hosts"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False) or self.request.method != "GET":
            return HOSTS.all()
        inventory: Any = self.get_parent()
        return HOSTS.filter(pk__in=hosts_of(inventory).values("pk"))


class GroupHosts(InventoryAttachSublist):
    """The hosts that are in one group itself. POST of a name that the inventory has attaches that host."""

    queryset = HOSTS
    serializer_class = HostSerializer
    computed = LAST_RUN
    parents = Group.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "groups"
    relation = "hosts"

    def read_body(self, parent: Any, body: Mapping[str, Any]) -> Mapping[str, Any]:
        name = body.get("name")
        if body.get("id") or not isinstance(name, str) or body.get("variables") not in NO_VARIABLES:
            return body
        known = Host.objects.filter(inventory=parent.inventory_id, name=name).first()
        return {"id": known.pk} if known else body


class GroupAllHosts(ReadOnlySublist):
    """The hosts in one group and in the groups below it."""

    queryset = HOSTS
    serializer_class = HostSerializer
    computed = LAST_RUN
    parents = Group.objects.select_related("inventory")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return HOSTS.none()
        if self.request.method == "OPTIONS":
            return HOSTS.all()
        group: Any = self.get_parent()
        return HOSTS.filter(pk__in=all_hosts(group).values("pk"))
