"""What views of all apps have in common that know of users."""

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework.request import Request

from access.models import User
from access.rules import may_read
from api.views import ReadOnlySublist


def asker(request: Request) -> User:
    """The user behind a request that has passed the permissions."""
    assert isinstance(request.user, User)
    return request.user


class ReadableSublist(ReadOnlySublist):
    """A list of what belongs to one object, for those who may read the object: it is a 403 for others."""

    def get_parent(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        parent = super().get_parent()
        if not may_read(self.request.user, parent):
            raise PermissionDenied
        return parent
