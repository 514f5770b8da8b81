"""Who belongs to organizations and teams, seen from both sides; POST takes in, makes an account, or lets go."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from access.api.attaching import BySublist, RoleSublist
from access.api.organizations import OrganizationSerializer
from access.api.teams import TEAMS, TeamSerializer
from access.api.users import UserSerializer, save_user
from access.models import Organization, Role, Team, User
from access.permissions import body_of
from access.roles import ADMIN, MEMBER, SYSTEM_FLAGS, kind_of, role_of
from access.rules import may_change, means_true
from api.openapi import OpenApi
from api.views import ReadOnlySublist


class Members(RoleSublist):
    """The users who have one role of an object, given to them directly.

    A body without an id is a new account, which is made and taken in.
    """

    queryset = User.objects.all()
    serializer_class = UserSerializer
    creates = True
    role_field: ClassVar[str]

    def get_queryset(self) -> QuerySet[User]:
        users = User.objects.all()
        if getattr(self, "swagger_fake_view", False) or self.request.method in ("OPTIONS", "POST"):
            return users
        parent = self.get_parent()
        rows = Role.objects.filter(
            kind=kind_of(type(parent)).name, object_id=parent.pk, role_field=self.role_field
        )
        return users.filter(roles__in=rows)

    def pair(self, parent: Any, attached: User) -> tuple[Role, User | Team]:
        return role_of(parent, self.role_field), attached

    @OpenApi(request=UserSerializer, responses={201: UserSerializer, 204: None})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def check_relation(self, parent: Any, child: Any, action: str) -> None:
        if child is not None:
            super().check_relation(parent, child, action)
        elif not self.may_make_account(parent) or (self._promotes() and not self.asker.is_superuser):
            raise PermissionDenied

    def may_make_account(self, parent: Any) -> bool:
        return may_change(self.asker, parent, {})

    def _promotes(self) -> bool:
        body = body_of(self.request)
        return any(means_true(body.get(name)) for name in SYSTEM_FLAGS.values())

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        made, parent = save_user(serializer), self.get_parent()
        self.attach(parent, made)
        self.announce(parent, made, attaches=True)


class OrganizationUsers(Members):
    """The members of an organization."""

    parents = Organization.objects.all()
    role_field = MEMBER


class OrganizationAdmins(Members):
    """The administrators of an organization."""

    parents = Organization.objects.all()
    role_field = ADMIN


class TeamUsers(Members):
    """The members of a team."""

    parents = Team.objects.select_related("organization")
    role_field = MEMBER

    def may_make_account(self, parent: Team) -> bool:
        """Accounts are the organization's to make."""
        return may_change(self.asker, parent.organization, {})


class Belonging(ReadOnlySublist):
    """The objects of which a user has one role, given to him directly."""

    permission_classes = (BySublist,)
    parents = User.objects.all()
    role_field: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        objects: QuerySet[Any] = GenericAPIView.get_queryset(self)
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return objects
        user: Any = self.get_parent()
        rows = Role.objects.filter(kind=kind_of(objects.model).name, role_field=self.role_field, members=user)
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
