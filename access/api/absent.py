"""What resources of AWX that have no meaning here are made of: lists that stay empty, in AWX's form.

Which ones there are: access/api/absent_resources.py.
"""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.models import User
from access.permissions import ByRules, EveryUser, body_of
from access.rules import sees_all
from api.lookups import RESERVED, UNUSED
from api.openapi import ANY_OBJECT, OpenApi
from api.views import BelowObject, Endpoint

COMBINING = ("chain__", "or__", "not__")


class ReadersOfAll(EveryUser):
    """Superusers and system auditors."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and sees_all(request.user)


class SuperusersWrite(EveryUser):
    """Everybody reads; what others than superusers send is not even looked at."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        asker = request.user
        return super().has_permission(request, view) and (
            request.method != "POST" or (isinstance(asker, User) and asker.is_superuser)
        )


class AbsentSerializer(serializers.Serializer[Any]):
    """The fields that such objects have in AWX: OPTIONS tells of them, and a query may name them."""

    object_type: ClassVar[str]
    # The name of AWX's model, which stands in its texts.
    model_name: ClassVar[str]

    id = serializers.IntegerField(read_only=True)
    type = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()
    summary_fields = serializers.SerializerMethodField()

    def type_choices(self) -> list[tuple[str, str]]:
        return [(self.object_type, self.object_type.replace("_", " ").capitalize())]


class AbsentList(Endpoint, GenericAPIView[Any]):
    """A list without objects. What a query names must be a field all the same."""

    permission_classes: Any = (EveryUser,)
    serializer_class: type[AbsentSerializer]
    filter_backends = ()
    search_fields: ClassVar[tuple[str, ...]] = ()
    is_list = True

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        known = set(self.serializer_class().fields)
        for given in request.query_params:
            name = given
            for prefix in COMBINING:
                name = name.removeprefix(prefix)
            name = name.partition("__")[0]
            if given not in RESERVED | UNUSED and name not in known:
                raise ParseError(f"{self.serializer_class.model_name} has no field named '{name}'")
        return self.get_paginated_response(self.paginate_queryset([]))


class RefusingList(AbsentList):
    """One to which AWX's clients may post; what they send is refused."""

    permission_classes: Any = (SuperusersWrite,)
    # Field → what AWX says where it is missing.
    required: ClassVar[dict[str, str]] = {}
    refusal: ClassVar[str]

    @OpenApi(request=OpenApiTypes.OBJECT, responses={400: ANY_OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = body_of(request)
        missing = {name: [text] for name, text in self.required.items() if not body.get(name)}
        raise ValidationError(missing or {"detail": self.refusal})


class AbsentSublist(BelowObject, AbsentList):
    """A list without objects below one that there is, for those who may read that one."""

    permission_classes: Any = (ByRules,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_parent()
        return super().get(request, *args, **kwargs)


class RefusingSublist(AbsentSublist, RefusingList):
    """One to which AWX's clients may post."""

    permission_classes = (SuperusersWrite, ByRules)

    @OpenApi(request=OpenApiTypes.OBJECT, responses={400: ANY_OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_parent()
        return super().post(request, *args, **kwargs)


class AbsentObject(Endpoint):
    """An object of a list without objects."""

    permission_classes: Any = (EveryUser,)
    model_name: ClassVar[str]

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        raise Http404(f"No {self.model_name} matches the given query.")
