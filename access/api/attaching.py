"""Sub-lists of objects that are there without them: POST puts one in by its id, or takes it out (AWX's convention)."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.names import find
from access.exceptions import CannotGrant, LastSuperuser
from access.models import Role, Team, User
from access.permissions import ByRules, knows_method, may_read_parent
from access.role_rules import LARGEST_ID, may_give
from access.roles import grant, revoke
from access.rules import may_read, means_true
from api.views import ReadOnlySublist


class BySublist(ByRules):
    """Whoever may read the object that the list belongs to; what may be put in, the view decides."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, User):
            return False
        knows_method(request, view)
        return may_read_parent(request, view) and (
            request.method in ("GET", "HEAD", "OPTIONS") or not request.user.is_limited_to_reading
        )

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        return may_read(request.user, obj)


class AttachmentSerializer(serializers.Serializer[Any]):
    """The body of an attachment."""

    id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    disassociate = serializers.BooleanField(required=False)


class NamedParent(ReadOnlySublist):
    """A sub-list whose object a path may also name by its `parent_name`."""

    parent_name: ClassVar[str] = ""

    def get_parent(self) -> Any:
        if not self.parent_name:
            return super().get_parent()
        parent = find(self.parents.all(), str(self.kwargs["parent_pk"]), field=self.parent_name)
        self.check_object_permissions(self.request, parent)
        return parent


class RoleSublist(NamedParent):
    """A list that is there by roles: what is put into it gets a role, or has it taken.

    `roles_for` says which role of which user or team that is.
    """

    permission_classes = (BySublist,)
    attachable: ClassVar[QuerySet[Any]]

    def pair(self, parent: Any, attached: Any) -> tuple[Role, User | Team]:
        """The role that is given, and to whom."""
        raise NotImplementedError

    @extend_schema(request=AttachmentSerializer, responses={204: None})
    @transaction.atomic
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parent = self.get_parent()
        key = request.data.get("id") if isinstance(request.data, dict) else None
        takes = means_true(request.data.get("disassociate")) if isinstance(request.data, dict) else False
        if key in (None, "", 0):
            return self.without_id(request, parent, takes=takes)
        if isinstance(key, bool) or not str(key).isdecimal() or not str(key).isascii():
            return refusal('"id" field must be an integer.')
        number = int(str(key)[:25])
        attached = self.attachable.filter(pk=number).first() if number <= LARGEST_ID else None
        if attached is None:
            raise ParseError(f"No {self.attachable.model._meta.object_name} matches the given query.")
        self.attach(request, parent, attached, takes=takes)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def without_id(self, request: Request, parent: Any, *, takes: bool) -> Response:
        return refusal('"id" is required to disassociate' if takes else '"id" field is missing.')

    def attach(self, request: Request, parent: Any, attached: Any, *, takes: bool) -> None:
        role, who = self.pair(parent, attached)
        asker = request.user
        assert isinstance(asker, User)
        if not may_give(asker, role, who):
            raise PermissionDenied
        try:
            if takes:
                revoke(role, who)
            else:
                grant(role, who)
        except (CannotGrant, LastSuperuser) as error:
            raise ValidationError({"msg": str(error)}) from None


def refusal(text: str) -> Response:
    return Response({"msg": text}, status=status.HTTP_400_BAD_REQUEST)
