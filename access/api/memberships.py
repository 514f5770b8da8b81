"""Who belongs to organizations and teams, seen from both sides; POST takes in, makes an account, or lets go."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.attaching import BySublist, NamedParent, RoleSublist, refusal
from access.api.organizations import OrganizationSerializer
from access.api.teams import TEAMS, TeamSerializer
from access.api.users import UserSerializer, save_user
from access.models import Organization, Role, Team, User
from access.permissions import body_of
from access.roles import ADMIN, MEMBER, SYSTEM_FLAGS, grant, kind_of, role_of
from access.rules import may_change, means_true


class Members(RoleSublist):
    """The users who have one role of an object, given to them directly.

    A body without an id is a new account, which is made and taken in.
    """

    queryset = User.objects.all()
    serializer_class = UserSerializer
    attachable = User.objects.all()
    role_field: ClassVar[str]

    def get_queryset(self) -> QuerySet[User]:
        users = User.objects.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return users
        parent = self.get_parent()
        rows = Role.objects.filter(
            kind=kind_of(type(parent)).name, object_id=parent.pk, role_field=self.role_field
        )
        return users.filter(roles__in=rows)

    def pair(self, parent: Any, attached: User) -> tuple[Role, User | Team]:
        return role_of(parent, self.role_field), attached

    @extend_schema(request=UserSerializer, responses={201: UserSerializer, 204: None})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def may_make_account(self, asker: User, parent: Any) -> bool:
        return may_change(asker, parent, {})

    def without_id(self, request: Request, parent: Any, *, takes: bool) -> Response:
        if takes:
            return refusal('"id" is required to disassociate')
        asker = request.user
        assert isinstance(asker, User)
        if not self.may_make_account(asker, parent):
            raise PermissionDenied
        body = body_of(request)
        promoted = any(means_true(body.get(name)) for name in SYSTEM_FLAGS.values())
        if promoted and not asker.is_superuser:
            raise PermissionDenied
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = save_user(serializer)
        grant(role_of(parent, self.role_field), made)
        shown = serializer.data
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


class OrganizationUsers(Members):
    """The members of an organization."""

    parents = Organization.objects.all()
    parent_name = "name"
    role_field = MEMBER


class OrganizationAdmins(Members):
    """The administrators of an organization."""

    parents = Organization.objects.all()
    parent_name = "name"
    role_field = ADMIN


class TeamUsers(Members):
    """The members of a team."""

    parents = Team.objects.select_related("organization")
    role_field = MEMBER

    def may_make_account(self, asker: User, parent: Team) -> bool:
        """Accounts are the organization's to make."""
        return may_change(asker, parent.organization, {})


class Belonging(NamedParent):
    """The objects of which a user has one role, given to him directly."""

    permission_classes = (BySublist,)
    parents = User.objects.all()
    parent_name = "username"
    role_field: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        objects: QuerySet[Any] = GenericAPIView.get_queryset(self)
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return objects
        rows = Role.objects.filter(
            kind=kind_of(objects.model).name, role_field=self.role_field, members=self.get_parent()
        )
        return objects.filter(pk__in=rows.values("object_id"))


class UserOrganizations(Belonging):
    """The organizations that a user is a member of."""

    queryset = Organization.objects.select_related("created_by", "modified_by")
    serializer_class: Any = OrganizationSerializer
    role_field = MEMBER


class UserAdministeredOrganizations(UserOrganizations):
    """The organizations that a user administers."""

    role_field = ADMIN


class UserTeams(Belonging):
    """The teams that a user is a member of."""

    queryset = TEAMS
    serializer_class: Any = TeamSerializer
    role_field = MEMBER
