"""What the views of templates and runs have in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework.request import Request

from access.models import User
from access.rules import may_read
from api.views import OneObject, ReadOnlySublist
from jobs.api.serializers.launching import NothingSerializer


def asker(request: Request) -> User:
    """The user behind a request that has passed the permissions."""
    assert isinstance(request.user, User)
    return request.user


class ObjectEndpoint(OneObject):
    """Something about one object, or something to do with it, of which little or nothing has to be said."""

    serializer_class: Any = NothingSerializer


class ReadableSublist(ReadOnlySublist):
    """A list of what belongs to one object, for those who may read the object: it is a 403 for others."""

    def get_parent(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        parent = super().get_parent()
        if not may_read(self.request.user, parent):
            raise PermissionDenied
        return parent
