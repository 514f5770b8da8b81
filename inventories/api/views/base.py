"""What the views of inventories, hosts and groups have in common."""

import json
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from access.api.views import asker
from access.permissions import ByRules
from access.rules import may_change
from api import changes
from api.attaching import AttachSublist
from api.openapi import ANY_OBJECT, OpenApi
from api.variables import parse_variables
from api.views import Creating, OneObject
from inventories.models import Inventory
from inventories.roles import STRANGERS, refuse_strangers


class ReadAgain:
    """An object that was written is read again, with what the database computes, before it is shown."""

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_create(serializer)  # type: ignore[misc]
        self.read_again(serializer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_update(serializer)  # type: ignore[misc]
        self.read_again(serializer)

    def read_again(self, serializer: BaseSerializer[Any]) -> None:
        view: Any = self
        serializer.instance = view.queryset.all().get(pk=serializer.instance.pk)  # type: ignore[union-attr]


class ForVariables(ByRules):
    """The body's names are variables, not fields: the object is asked for, and no more."""

    def has_object_permission(self, request: Request, view: Any, obj: Model) -> bool:
        if request.method in ("PUT", "PATCH"):
            return may_change(request.user, obj, {})
        return super().has_object_permission(request, view, obj)


class VariableData(OneObject):
    """The variables as an object. PUT and PATCH replace all of them (AWX's way)."""

    permission_classes = (ForVariables,)
    # Of the object, for the activity stream.
    object_serializer: ClassVar[type[BaseSerializer[Any]]]

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response(parse_variables(self.get_object().variables))

    @OpenApi(request={"application/json": ANY_OBJECT}, responses={200: ANY_OBJECT})
    @transaction.atomic
    def put(self, request: Request, pk: int) -> Response:
        changes.lock(QuerySet(self.get_queryset().model).filter(pk=pk))
        obj = self.get_object()
        serializer: Any = self.object_serializer
        before = changes.state_of(serializer(obj))
        writing = serializer(
            obj,
            data={"variables": json.dumps(request.data)},
            partial=True,
            context=self.get_serializer_context(),
        )
        writing.is_valid(raise_exception=True)
        writing.save(modified_by=asker(request))
        changes.announce_changed(request, serializer(obj), before)
        return Response(parse_variables(obj.variables))

    patch = put


class InventoryAttachSublist(ReadAgain, AttachSublist):
    """A list of hosts or groups below something in an inventory: what is made there is in the same inventory."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("data") is not None and self.request.method == "POST":
            kwargs["data"] = kwargs["data"].copy()
            kwargs["data"]["inventory"] = self.inventory_of(self.find_parent())
        return super().get_serializer(*args, **kwargs)

    def inventory_of(self, parent: Any) -> int:
        return int(parent.inventory_id)

    def check_attach(self, parent: Any, child: Any) -> None:
        refuse_strangers(parent, child)


class OfInventory(InventoryAttachSublist):
    """The hosts or the groups of one inventory: what is taken out is deleted, for it is nowhere else."""

    parents = Inventory.objects.select_related("organization")
    parent_relation: ClassVar[str] = "inventory"

    def inventory_of(self, parent: Any) -> int:
        return int(parent.pk)

    def check_attach(self, parent: Any, child: Any) -> None:
        if child.inventory_id != parent.pk:
            raise ParseError(STRANGERS)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        Creating.perform_create(self, serializer)
        self.read_again(serializer)

    def _attach(self, parent: Model, child: Model) -> None:
        """What is in the inventory is in the inventory."""
        self.check_relation(parent, child, "attach")
        self.check_attach(parent, child)

    def _detach(self, parent: Model, child: Model) -> None:
        self.check_relation(parent, child, "detach")
        self.check_attach(parent, child)
        view: Any = self
        shown = view.queryset.all().get(pk=child.pk)
        before = changes.state_of(self.get_serializer(shown))
        child.delete()
        changes.announce_deleted(self.request, child, before)
