"""The credentials of a type, an organization or a user, the owners of one credential, and a copy of it."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.users import UserSerializer
from access.models import Organization, User
from access.rules import may_act
from api.schema import ANY_OBJECT
from api.views import Queried, ReadOnlySublist, Sublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer, NewCredentialSerializer
from credentials.models import Credential, CredentialType


class TypeCredentials(Sublist):
    """The credentials of one type."""

    queryset = CREDENTIALS
    serializer_class = NewCredentialSerializer
    parents = CredentialType.objects.all()
    parent_relation = parent_field = "credential_type"


class OrganizationCredentials(Sublist):
    """The credentials that belong to one organization."""

    queryset = CREDENTIALS
    serializer_class = NewCredentialSerializer
    parents = Organization.objects.all()
    parent_relation = parent_field = "organization"


class UserCredentials(Sublist):
    """The credentials that are one user's own."""

    queryset = CREDENTIALS
    serializer_class = NewCredentialSerializer
    parents = User.objects.all()
    parent_relation = "owner"
    parent_field = "user"


class OwnerUsers(ReadOnlySublist):
    """The user whose credential it is, as a list."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    parents = Credential.objects.all()
    parent_relation = "owned_credentials"


class CredentialCopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=512)

    def validate_name(self, name: str) -> str:
        if "\0" in name:
            raise ValidationError("Null characters are not allowed.")
        return name


class CredentialCopy(Queried, GenericAPIView[Credential]):
    """GET says whether the asker may copy the credential; POST makes the copy, secrets included, under another name."""

    action = "copy"
    queryset = CREDENTIALS
    serializer_class = CredentialCopySerializer

    def get_object(self) -> Credential:
        credential = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if credential is None:
            raise Http404("No Credential matches the given query.")
        self.check_object_permissions(self.request, credential)
        return credential

    def get_queryset(self) -> QuerySet[Credential]:
        return CREDENTIALS.all()

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_copy": may_act(request.user, self.get_object(), "copy")})

    @extend_schema(responses={201: CredentialSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        original = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        if name == original.name:
            text = f"The original object is already named {name}, a copy from it cannot have the same name."
            raise ValidationError({"__all__": [text]})
        asker = request.user
        assert isinstance(asker, User)
        copied = Credential(
            name=name,
            description=original.description,
            credential_type=original.credential_type,
            organization=original.organization,
            owner=original.owner,
            inputs=original.inputs,
            created_by=asker,
            modified_by=asker,
        )
        copied.validate_constraints()
        copied.save()
        shown: dict[str, Any] = dict(CredentialSerializer(copied, context=self.get_serializer_context()).data)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})
