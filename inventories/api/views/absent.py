"""Lists that inventories, hosts and groups have in AWX, and that are empty here."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import Pages
from api.schema import ANY_OBJECT
from api.views import Endpoint
from inventories.api.views.base import find
from inventories.models import Group, Host, Inventory

NO_COMMANDS = "There are no ad hoc commands here: what is called is said by job templates."


class Nothing(Endpoint):
    """A list of AWX's that is empty here."""

    parents: ClassVar[QuerySet[Any]]

    def get_parent(self) -> Any:
        return find(self.parents.all(), self.kwargs["parent_pk"])

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, parent_pk: int) -> Response:
        self.get_parent()
        pages = Pages()
        return pages.get_paginated_response(pages.paginate_queryset([], request, self) or [])


class Commands(Nothing):
    """AWX's ad hoc commands: there are none here, and none can be given."""

    # The rules need not be asked who may do what nobody can.
    attaches = True

    @extend_schema(request={"application/json": ANY_OBJECT}, responses={200: ANY_OBJECT})
    def post(self, request: Request, parent_pk: int) -> Response:
        self.get_parent()
        raise ValidationError({"detail": NO_COMMANDS})


class NothingOfHost(Nothing):
    """A list of AWX's below a host that is empty here."""

    parents = Host.objects.all()


class NothingOfGroup(Nothing):
    """A list of AWX's below a group that is empty here."""

    parents = Group.objects.all()


class CommandsOnInventory(Commands):
    """AWX's ad hoc commands on an inventory: there are none here, and none can be given."""

    parents = Inventory.objects.all()


class CommandsOnHost(Commands):
    """AWX's ad hoc commands on a host: there are none here, and none can be given."""

    parents = Host.objects.all()


class CommandsOnGroup(Commands):
    """AWX's ad hoc commands on a group: there are none here, and none can be given."""

    parents = Group.objects.all()
