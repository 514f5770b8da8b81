"""The credentials of a type, an organization, a team or a user, whose one credential is, and a copy of it."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.teams import TEAMS, TeamSerializer
from access.api.users import UserSerializer
from access.api.views import asker
from access.models import Organization, Role, Team, User
from access.roles import ADMIN, USE, role_of
from access.rules import accessible, may_act
from api.changes import announce_created
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, ReadOnlySublist, Sublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer, NewCredentialSerializer
from credentials.models import Credential, CredentialInputSource, CredentialType
from credentials.roles import CREDENTIAL, give_to_user


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
    """The credentials that one user may see; POST makes one that is his own."""

    queryset = CREDENTIALS
    serializer_class = NewCredentialSerializer
    parents = User.objects.all()
    parent_field = "user"

    def get_queryset(self) -> QuerySet[Credential]:
        if getattr(self, "swagger_fake_view", False) or self.request.method in ("OPTIONS", "POST"):
            return CREDENTIALS.all()
        user: Any = self.get_parent()
        return accessible(CREDENTIALS.all(), user)


class TeamCredentials(Sublist):
    """The credentials that one team may use; POST makes one that is the team's own."""

    queryset = CREDENTIALS
    serializer_class = NewCredentialSerializer
    parents = Team.objects.all()
    parent_field = "team"

    def get_queryset(self) -> QuerySet[Credential]:
        if getattr(self, "swagger_fake_view", False) or self.request.method in ("OPTIONS", "POST"):
            return CREDENTIALS.all()
        team: Any = self.get_parent()
        roles = Role.objects.filter(kind=CREDENTIAL, role_field__in=(USE, ADMIN), teams=team)
        return CREDENTIALS.filter(pk__in=roles.values("object_id"))


class CredentialObjectRoles(ObjectRoles):
    """The roles of one credential."""

    parents = Credential.objects.all()


class CredentialAccessList(AccessList):
    """The users who may see one credential, with the roles that let them."""

    parents = Credential.objects.select_related("organization")


class OwnerUsers(ReadOnlySublist):
    """The users who administer one credential by a role of their own."""

    queryset = User.objects.order_by("username")
    serializer_class = UserSerializer
    parents = Credential.objects.all()

    def get_queryset(self) -> QuerySet[User]:
        users = GenericAPIView.get_queryset(self)
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return users
        return users.filter(roles=role_of(self.get_parent(), ADMIN))


class OwnerTeams(ReadOnlySublist):
    """The teams that administer one credential, or whose administrators do."""

    queryset = TEAMS
    serializer_class = TeamSerializer
    parents = Credential.objects.all()

    def get_queryset(self) -> QuerySet[Team]:
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return TEAMS.all()
        role = role_of(self.get_parent(), ADMIN)
        return TEAMS.filter(Q(pk__in=role.teams.values("pk")) | Q(pk__in=role.ruling_teams.values("pk")))


class CredentialCopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=512)

    def validate_name(self, name: str) -> str:
        if "\0" in name:
            raise ValidationError("Null characters are not allowed.")
        return name


class CredentialCopy(OneObject):
    """GET says whether the asker may copy the credential; POST makes the copy, secrets included, under another name."""

    action = "copy"
    queryset = CREDENTIALS
    serializer_class = CredentialCopySerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_copy": may_act(request.user, self.get_object(), "copy")})

    @OpenApi(responses={201: CredentialSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        original = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        if name == original.name:
            text = f"The original object is already named {name}, a copy from it cannot have the same name."
            raise ValidationError({"__all__": [text]})
        user = asker(request)
        copied = Credential(
            name=name,
            description=original.description,
            credential_type=original.credential_type,
            organization=original.organization,
            inputs=original.inputs,
            created_by=user,
            modified_by=user,
        )
        copied.validate_constraints()
        copied.save()
        CredentialInputSource.objects.bulk_create(
            CredentialInputSource(
                description=source.description,
                target_credential=copied,
                source_credential_id=source.source_credential_id,
                input_field_name=source.input_field_name,
                metadata=source.metadata,
                created_by=user,
                modified_by=user,
            )
            for source in original.input_sources.all()
        )
        give_to_user(copied, user)
        made = CredentialSerializer(copied, context=self.get_serializer_context())
        shown: dict[str, Any] = dict(made.data)
        announce_created(request, made)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})
