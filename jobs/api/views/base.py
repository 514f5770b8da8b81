"""What the views of templates and runs have in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from access.models import User
from access.rules import may_read
from api.views import Queried, ReadOnlySublist
from jobs.api.serializers.launching import NothingSerializer


def asker(request: Request) -> User:
    """The user behind a request that has passed the permissions."""
    assert isinstance(request.user, User)
    return request.user


class ObjectEndpoint(Queried, GenericAPIView[Any]):
    """Something about one object, or something to do with it, at `<resource>/<int:pk>/<action>/`.

    `action` is what access.rules are asked about for a POST. One that exists but is closed to the asker is a 403.
    """

    action: str = ""
    serializer_class: Any = NothingSerializer

    def get_object(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        queryset = self.get_queryset()
        obj = queryset.filter(pk=self.kwargs["pk"]).first()
        if obj is None:
            raise Http404(f"No {queryset.model._meta.object_name} matches the given query.")
        self.check_object_permissions(self.request, obj)
        return obj


class ReadableSublist(ReadOnlySublist):
    """A list of what belongs to one object, for those who may read the object: it is a 403 for others."""

    def get_parent(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        parent = super().get_parent()
        if not may_read(self.request.user, parent):
            raise PermissionDenied
        return parent
