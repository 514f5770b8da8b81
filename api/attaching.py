"""Lists of objects that stand on their own and can be attached to another (`/job_templates/N/labels/`), in AWX's form.

POST of `{"id": 5}` attaches and of `{"id": 5, "disassociate": true}` detaches, both answered by 204 without a body;
POST of a whole object makes one and attaches it (201), where the view's `creates` lets it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api import changes
from api.ids import LARGEST_ID
from api.views import Creating, ReadOnlySublist


class AttachSublist(Creating, ReadOnlySublist):
    """GET of what is attached to one object; POST attaches, detaches, and makes what is new.

    `relation` is the parent's accessor of the children. Who may do it is asked of
    the view's permissions by `has_relation_permission(request, view, parent, child, action)`, where `action` is
    "attach", "detach" or "create" (then without a child); a permission that does not know the question says no.
    """

    # For those that cannot import this class.
    attaches: ClassVar[bool] = True
    relation: ClassVar[str]
    creates: ClassVar[bool] = True

    def get_parent(self) -> Model:
        """What may be done to it depends on the child, and is asked once that is known."""
        return self.find_parent() if self.request.method == "POST" else super().get_parent()

    @transaction.atomic
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parent = self.get_parent()
        body: Mapping[str, Any] = request.data if isinstance(request.data, Mapping) else {}
        body = self.read_body(parent, body)
        number = body.get("id")
        if body.get("disassociate"):
            if not number:
                raise ValidationError({"msg": '"id" is required to disassociate'})
            self._detach(parent, self.find_child(number))
        elif number:
            self._attach(parent, self.find_child(number))
        elif self.creates:
            self.check_relation(parent, None, "create")
            return self.create(request, *args, **kwargs)
        else:
            raise ValidationError({"msg": '"id" field is missing.'})
        return Response(status=status.HTTP_204_NO_CONTENT)

    def read_body(self, parent: Model, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body as it is meant; a view may find in it that an object which is there is to be attached."""
        return body

    def find_child(self, number: object) -> Any:
        """The object of this id, whoever may see it. Raises ValidationError in AWX's words."""
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValidationError({"msg": '"id" field must be an integer.'})
        model = self.child_model()
        child: Model | None = (
            QuerySet[Model](model).filter(pk=number).first() if 0 < number <= LARGEST_ID else None
        )
        if child is None:
            raise ValidationError({"detail": f"{model._meta.object_name} matching query does not exist."})
        return child

    def child_model(self) -> type[Model]:
        view: Any = self
        model: type[Model] = view.queryset.model
        return model

    def check_relation(self, parent: Model, child: Model | None, action: str) -> None:
        """Raises what says that the asker may not."""
        for permission in self.get_permissions():
            allows = getattr(permission, "has_relation_permission", None)
            if allows is None or not allows(self.request, self, parent, child, action):
                self.permission_denied(self.request)

    def check_attach(self, parent: Any, child: Any) -> None:
        """Raise ValidationError where the two do not go together, permission or not."""

    def is_attached(self, parent: Any, child: Any) -> bool:
        return bool(getattr(parent, self.relation).filter(pk=child.pk).exists())

    def attach(self, parent: Any, child: Any) -> None:
        getattr(parent, self.relation).add(child)

    def detach(self, parent: Any, child: Any) -> None:
        getattr(parent, self.relation).remove(child)

    def _attach(self, parent: Model, child: Model) -> None:
        self.check_relation(parent, child, "attach")
        if self.is_attached(parent, child):
            return
        self.check_attach(parent, child)
        self.attach(parent, child)
        self.announce(parent, child, attaches=True)

    def _detach(self, parent: Model, child: Model) -> None:
        self.check_relation(parent, child, "detach")
        if self.is_attached(parent, child):
            self.announce(parent, child, attaches=False)
            self.detach(parent, child)

    def announce(self, parent: Model, child: Model, *, attaches: bool) -> None:
        """Tell of what is new; a detached object is still there."""
        signal = changes.attached if attaches else changes.detached
        changes.announce_relation(signal, self.request, parent, child, self.relation)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_create(serializer)
        parent, child = self.get_parent(), serializer.instance
        assert isinstance(child, Model)
        self.check_attach(parent, child)
        self.attach(parent, child)
        self.announce(parent, child, attaches=True)

    def get_queryset(self) -> Any:
        request: Request | None = self.request
        if request is not None and request.method == "POST":
            return GenericAPIView.get_queryset(self)
        return super().get_queryset()
