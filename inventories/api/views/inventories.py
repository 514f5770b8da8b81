from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.views import asker
from access.models import Organization
from access.permissions import body_of
from access.roles import give_to_creator
from api import changes
from api.openapi import ANY_OBJECT, OpenApi
from api.variables import parse_variables
from api.views import OneObject, ReadOnlySublist, Resource
from instances.api.groups import AttachedGroups
from inventories.api.serializers.inventories import InventoryCopySerializer, InventorySerializer
from inventories.api.serializers.members import GroupSerializer
from inventories.api.views.base import ReadAgain, VariableData
from inventories.api.views.groups import GROUPS
from inventories.contents import contents_of
from inventories.copying import copy
from inventories.deletion import schedule_deletion
from inventories.exceptions import AlreadyBeingDeleted
from inventories.groups import children_of, turned
from inventories.membership import hosts_of, smart_inventories_with
from inventories.models import Host, Inventory
from inventories.querysets import TOTALS, with_totals
from inventories.roles import INVENTORY_ROLES
from inventories.script import script

INVENTORIES = with_totals(
    Inventory.objects.select_related("organization", "created_by", "modified_by").prefetch_related("labels")
)
OTHER_KIND = 'You cannot turn a regular inventory into a "smart" or "constructed" inventory.'


class InventoryViewSet(ReadAgain, Resource):
    """Hosts and groups of hosts: what jobs call. DELETE marks one, and it goes a little later."""

    queryset = INVENTORIES
    serializer_class = InventorySerializer
    computed = TOTALS
    named_by = (("name",), ("organization__name",))
    object_roles = tuple(INVENTORY_ROLES)

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        give_to_creator(serializer.instance, asker(self.request))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kind = body_of(request).get("kind")
        if kind is not None and self.get_object().kind != kind:
            return Response({"error": OTHER_KIND}, status=status.HTTP_405_METHOD_NOT_ALLOWED)
        return super().update(request, *args, **kwargs)

    @OpenApi(responses={202: None})
    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.delete_object(self.get_object())
        return Response(status=status.HTTP_202_ACCEPTED)

    def perform_destroy(self, instance: Inventory) -> None:
        try:
            schedule_deletion(instance)
        except AlreadyBeingDeleted as error:
            raise ValidationError({"error": str(error)}) from None


class OrganizationInventories(ReadOnlySublist):
    """The inventories of one organization."""

    queryset = INVENTORIES
    serializer_class = InventorySerializer
    computed = TOTALS
    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"


class HostSmartInventories(ReadOnlySublist):
    """The smart inventories that find one host."""

    queryset = INVENTORIES
    serializer_class = InventorySerializer
    computed = TOTALS
    parents = Host.objects.select_related("inventory")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return INVENTORIES.all()
        host: Any = self.get_parent()
        return INVENTORIES.filter(pk__in=smart_inventories_with(host).values("pk"))


class InventoryInstanceGroups(AttachedGroups):
    """The instance groups that carry out the runs of an inventory's templates, after the templates' own."""

    parents = Inventory.objects.select_related("organization")
    parent_relation: ClassVar[str] = "inventory_places__inventory"
    places = "inventory_places"


class InventoryObjectRoles(ObjectRoles):
    """The roles of one inventory."""

    parents = Inventory.objects.all()


class InventoryAccessList(AccessList):
    """The users who may read one inventory, with the roles that let them."""

    parents = Inventory.objects.select_related("organization")


class InventoryVariables(VariableData):
    """The variables of an inventory, as an object. PUT and PATCH replace all of them."""

    queryset = INVENTORIES
    object_serializer = InventorySerializer


class InventoryScript(OneObject):
    """The inventory as Ansible's inventory scripts print one: groups with their hosts, children and variables."""

    queryset = INVENTORIES

    @OpenApi(
        parameters=[
            OpenApiParameter(name, str, description=text)
            for name, text in (
                ("host", "The variables of this host, and nothing else."),
                ("hostvars", "Any value: the variables of all hosts, too."),
                ("towervars", "Any value: with them which host of this server each is."),
                ("all", "Any value: the disabled hosts, too."),
                ("subset", "`slice2of3`: every third host, from the second on."),
            )
        ],
        responses={200: ANY_OBJECT},
    )
    def get(self, request: Request, pk: int) -> Response:
        inventory = self.get_object()
        asked = request.query_params
        part = part_of(asked.get("subset", ""))
        with_disabled = bool(asked.get("all"))
        if asked.get("host"):
            return Response(self._variables(inventory, str(asked["host"]), with_disabled=with_disabled))
        contents = contents_of(inventory, disabled=with_disabled)
        shown = script(
            contents, part=part, hostvars=bool(asked.get("hostvars")), towervars=bool(asked.get("towervars"))
        )
        return Response(shown)

    @staticmethod
    def _variables(inventory: Inventory, name: str, *, with_disabled: bool) -> dict[str, Any]:
        hosts = hosts_of(inventory).filter(name=name.replace("\0", ""))
        host = (hosts if with_disabled else hosts.filter(enabled=True)).first()
        if host is None:
            raise Http404("No Host matches the given query.")
        return parse_variables(host.variables)


def part_of(subset: str) -> tuple[int, int]:
    """The number of a slice, and how many there are. Raises ParseError in AWX's words."""
    if not subset:
        return 1, 1
    if not subset.startswith("slice"):
        raise ParseError("Subset does not use any supported syntax.")
    number, separator, count = subset.removeprefix("slice").partition("of")
    if not separator or not all(
        text.isascii() and text.isdecimal() and len(text) < 9 for text in (number, count)
    ):
        raise ParseError("Could not parse subset as slice specification.")
    if int(number) > int(count):
        raise ParseError("Slice number must be less than total number of slices.")
    if int(number) < 1:
        raise ParseError("Slice number must be 1 or higher.")
    return int(number), int(count)


class InventoryTree(OneObject):
    """The groups that are in no other, and in each the groups below it, as `children`."""

    queryset = INVENTORIES

    @OpenApi(responses={200: {"type": "array", "items": ANY_OBJECT}})
    def get(self, request: Request, pk: int) -> Response:
        inventory = self.get_object()
        groups = list(GROUPS.filter(inventory=inventory).order_by("name"))
        shown = GroupSerializer(groups, many=True, context=self.get_serializer_context()).data
        by_id = {row["id"]: {**row, "children": []} for row in shown}
        parents = turned(children_of(inventory.pk))
        for row in by_id.values():
            for parent in parents.get(row["id"], ()):
                by_id[parent]["children"].append(row)
        return Response([row for row in by_id.values() if not parents.get(row["id"])])


class InventoryCopy(OneObject):
    """GET says whether the asker may copy the inventory; POST makes the copy, with its hosts and groups."""

    action = "copy"
    queryset = INVENTORIES
    serializer_class = InventoryCopySerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        shown = InventorySerializer(context=self.get_serializer_context())
        return Response({"can_copy": shown.may("copy", self.get_object())})

    @OpenApi(responses={201: InventorySerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        inventory: Inventory = self.get_object()
        context = self.get_serializer_context()
        if not InventorySerializer(context=context).may("copy", inventory):
            raise PermissionDenied
        serializer = InventoryCopySerializer(data=request.data, context={**context, "original": inventory})
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        Inventory(name=name, organization=inventory.organization).validate_constraints()
        copied = copy(inventory, name=name, user=asker(request))
        give_to_creator(copied, asker(request))
        made = InventorySerializer(INVENTORIES.get(pk=copied.pk), context=context)
        shown: dict[str, Any] = dict(made.data)
        changes.announce_created(request, made)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})
