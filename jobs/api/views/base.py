"""What the views of templates and runs have in common."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import Http404
from rest_framework.generics import GenericAPIView

from api.views import Queried

Row = TypeVar("Row", bound=Model)


class ObjectEndpoint(Queried, GenericAPIView[Any]):
    """Something about one object, or something to do with it, at `<resource>/<int:pk>/<action>/`.

    `action` is what access.rules are asked about for a POST. One that exists but is closed to the asker is a 403.
    """

    action: str = ""

    def get_object(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        return found(self, self.kwargs["pk"])


def found(view: Any, pk: int) -> Any:
    """The object of a view's queryset, whoever asks; the permissions are checked then. Raises Http404."""
    queryset = view.get_queryset()
    obj = queryset.filter(pk=pk).first()
    if obj is None:
        raise Http404(f"No {queryset.model._meta.object_name} matches the given query.")
    view.check_object_permissions(view.request, obj)
    return obj
