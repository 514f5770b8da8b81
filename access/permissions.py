"""What a request may do: the default for every view, which is closed to all but superusers unless rules open it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from access.models import User
from access.rules import may_act, may_add, may_attach, may_change, may_delete, may_read

if TYPE_CHECKING:
    # rest_framework.views itself loads this module, as its default.
    from rest_framework.views import APIView


class EveryUser(BasePermission):
    """Whoever is logged in, for views that show or compute what is nobody's in particular."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return (
            isinstance(request.user, User)
            and knows_method(request, view)
            and (request.method in SAFE_METHODS or not request.user.is_limited_to_reading)
        )


class ByRules(BasePermission):
    """The rules of the view's model decide; lists are filtered by `access.filters.AccessibleFilter`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, User):
            return False
        knows_method(request, view)
        if not may_read_parent(request, view):
            return False
        if request.method in SAFE_METHODS:
            return True
        if request.user.is_limited_to_reading:
            return False
        if request.user.is_superuser or getattr(view, "attaches", False):
            # Such a view asks for itself, once it knows what is to be attached.
            return True
        return may_change_something(request, view)

    def has_relation_permission(
        self, request: Request, view: APIView, parent: Model, child: Model | None, action: str
    ) -> bool:
        """What a sub-list asks before it attaches or detaches `child`, or makes one."""
        view_: Any = view
        if child is None:
            return may_add(request.user, view_.child_model(), body_of(request)) and may_change(
                request.user, parent, {}
            )
        return may_attach(request.user, parent, child, view_.relation)

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        match request.method:
            case "PUT" | "PATCH":
                return may_change(request.user, obj, body_of(request))
            case "DELETE":
                return may_delete(request.user, obj)
            case "POST" if hasattr(view, "get_parent"):
                return may_read(request.user, obj)
            case "POST":
                return may_act(request.user, obj, getattr(view, "action", None) or "")
            case _:
                return may_read(request.user, obj)


def knows_method(request: Request, view: APIView) -> bool:
    """True where the view has such a method; else raises what says so, for that is no matter of permission."""
    if request.method not in view.allowed_methods:
        raise MethodNotAllowed(request.method or "")
    return True


def may_read_parent(request: Request, view: Any) -> bool:
    """Whether the asker may read the object that a sub-list belongs to. OPTIONS tells of any, there or not."""
    if not hasattr(view, "get_parent") or request.method == "OPTIONS" or request.user.is_superuser:
        return True
    return may_read(request.user, view.get_parent())


def may_change_something(request: Request, view: Any) -> bool:
    """Whether an ordinary user may send this request to this view, object included.

    A view of one object is asked for it here: one that does not exist answers 404, one that is closed 403, before the
    view does anything, even if it never asks for the object itself.
    """
    if not hasattr(view, "get_queryset"):
        return False
    if (view.lookup_url_kwarg or view.lookup_field) in view.kwargs:
        view.get_object()
        return True
    body = dict(body_of(request))
    if hasattr(view, "parent_field") and request.method == "POST":
        body[view.parent_field] = view.get_parent().pk
    return may_add(request.user, view.get_queryset().model, body)


def body_of(request: Request) -> Mapping[str, Any]:
    return request.data if isinstance(request.data, Mapping) else {}
