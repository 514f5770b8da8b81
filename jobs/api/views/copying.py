from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.models import User
from access.roles import give_to_creator
from api.changes import announce_created
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from jobs.api.serializers.launching import CopySerializer
from jobs.api.serializers.templates import check_name_is_free


class Copy(OneObject):
    """Base of the views that copy templates."""

    action = "copy"
    serializer_class = CopySerializer
    # What shows the template, and says who may copy it.
    shown_by: ClassVar[Any]

    def make_copy(self, original: Any, name: str, user: User) -> Any:
        raise NotImplementedError

    def may_copy(self, original: Any) -> bool:
        shown = self.shown_by(context=self.get_serializer_context())
        return bool(shown.may("copy", original))

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_copy": self.may_copy(self.get_object())})

    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        original = self.get_object()
        if not self.may_copy(original):
            raise PermissionDenied
        context = self.get_serializer_context()
        serializer = CopySerializer(data=request.data, context={**context, "original": original})
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        check_name_is_free(type(original), name=name, organization=original.organization)
        copied = self.make_copy(original, name, asker(request))
        give_to_creator(copied, asker(request))
        made = self.shown_by(self.get_queryset().get(pk=copied.pk), context=context)
        shown: dict[str, Any] = dict(made.data)
        announce_created(request, made)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})
