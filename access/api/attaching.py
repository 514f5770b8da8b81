"""Sub-lists that are there by roles: what is put into them gets a role, and loses it with being taken out."""

from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.audit import record_role
from access.exceptions import CannotGrant, LastSuperuser
from access.models import Role, Team, User
from access.permissions import ByRules, knows_method, may_read_parent
from access.role_rules import may_give, object_of
from access.roles import grant, is_given, kind_named, revoke
from access.rules import may_read
from api.attaching import AttachSublist
from api.fields import IdField
from api.openapi import OpenApi


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

    def has_relation_permission(
        self, request: Request, view: APIView, parent: Model, child: Model | None, action: str
    ) -> bool:
        """Of a role and one who is to have it or to lose it."""
        view_: Any = view
        return child is not None and may_give(view_.asker, *view_.pair(parent, child))


class AttachmentSerializer(serializers.Serializer[Any]):
    """The body of an attachment."""

    id = IdField()
    disassociate = serializers.BooleanField(required=False)


class RoleSublist(AttachSublist):
    """A list that is there by roles. `pair` says which role of which user or team that is."""

    permission_classes = (BySublist,)
    creates = False

    @property
    def asker(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    def pair(self, parent: Any, attached: Any) -> tuple[Role, User | Team]:
        """The role that is given, and to whom."""
        raise NotImplementedError

    @OpenApi(request=AttachmentSerializer, responses={204: None})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def check_attach(self, parent: Any, child: Any) -> None:
        role, who = self.pair(parent, child)
        kind, obj = kind_named(role.kind), object_of(role)
        problem = kind.why_not_given(obj, who, self.asker) if kind and obj and kind.why_not_given else None
        if problem:
            raise ValidationError({"msg": problem})

    def is_attached(self, parent: Any, child: Any) -> bool:
        return is_given(*self.pair(parent, child))

    def attach(self, parent: Any, child: Any) -> None:
        role, who = self.pair(parent, child)
        try:
            grant(role, who)
        except CannotGrant as error:
            raise ValidationError({"msg": str(error)}) from None

    def detach(self, parent: Any, child: Any) -> None:
        role, who = self.pair(parent, child)
        try:
            revoke(role, who)
        except LastSuperuser as error:
            raise ValidationError({"msg": str(error)}) from None

    def announce(self, parent: Any, child: Any, *, attaches: bool) -> None:
        role, who = self.pair(parent, child)
        record_role(self.request, role, who, given=attaches)
