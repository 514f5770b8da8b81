from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver

from access.api import absent_resources
from access.api.access_lists import AccessList
from access.api.activity import ActivityStreamViewSet, activity_of
from access.api.applications import ApplicationViewSet, OrganizationApplications
from access.api.config import Config
from access.api.memberships import (
    OrganizationAdmins,
    OrganizationUsers,
    TeamUsers,
    UserAdministeredOrganizations,
    UserOrganizations,
    UserTeams,
)
from access.api.organizations import OrganizationViewSet
from access.api.roles import ObjectRoles, RoleTeams, RoleUsers, RoleViewSet, TeamRoles, UserRoles
from access.api.settings import SettingCategories, Settings
from access.api.teams import OrganizationTeams, TeamViewSet
from access.api.tokens import ApplicationTokens, AuthorizedTokens, PersonalTokens, TokenViewSet, UserTokens
from access.api.users import Me, UserViewSet
from access.models import Organization, Team, User
from access.runtime_settings import value_of
from api.root import LoginInfo
from api.routers import Router, of_every_object

LoginInfo.text = staticmethod(lambda: str(value_of("CUSTOM_LOGIN_INFO")))
# Before any resource is registered.
of_every_object["activity_stream"] = activity_of


class OrganizationObjectRoles(ObjectRoles):
    """The roles of one organization."""

    parents = Organization.objects.all()


class OrganizationAccessList(AccessList):
    """The users who may read one organization, with the roles that let them."""

    parents = Organization.objects.all()


class TeamObjectRoles(ObjectRoles):
    """The roles of one team."""

    parents = Team.objects.all()


class TeamAccessList(AccessList):
    """The users who may read one team, with the roles that let them."""

    parents = Team.objects.select_related("organization")


class UserAccessList(AccessList):
    """Who has roles of one user: nobody, for users have none to give (AWX has the list all the same)."""

    parents = User.objects.all()

    def get_queryset(self) -> QuerySet[User]:
        if not getattr(self, "swagger_fake_view", False) and self.request.method == "GET":
            self.get_parent()
        return User.objects.none()


router = Router()
router.endpoint("me", Me, name="me")
router.endpoint("config", Config, name="config")
router.endpoint("settings", SettingCategories, name="settings")
router.endpoint("settings/<slug:category>", Settings)
router.sublist("users/<int:parent_pk>/tokens", UserTokens)
router.sublist("users/<int:parent_pk>/personal_tokens", PersonalTokens)
router.sublist("users/<int:parent_pk>/authorized_tokens", AuthorizedTokens)
router.register("activity_stream", ActivityStreamViewSet)
router.sublist("users/<int:parent_pk>/roles", UserRoles)
router.sublist("users/<int:parent_pk>/organizations", UserOrganizations)
router.sublist("users/<int:parent_pk>/admin_of_organizations", UserAdministeredOrganizations)
router.sublist("users/<int:parent_pk>/teams", UserTeams)
router.sublist("users/<int:parent_pk>/access_list", UserAccessList)
router.sublist("organizations/<int:parent_pk>/users", OrganizationUsers)
router.sublist("organizations/<int:parent_pk>/admins", OrganizationAdmins)
router.sublist("organizations/<int:parent_pk>/teams", OrganizationTeams)
router.sublist("organizations/<int:parent_pk>/applications", OrganizationApplications)
router.sublist("organizations/<int:parent_pk>/object_roles", OrganizationObjectRoles)
router.sublist("organizations/<int:parent_pk>/access_list", OrganizationAccessList)
router.sublist("applications/<int:parent_pk>/tokens", ApplicationTokens)
router.sublist("teams/<int:parent_pk>/users", TeamUsers)
router.sublist("teams/<int:parent_pk>/roles", TeamRoles)
router.sublist("teams/<int:parent_pk>/object_roles", TeamObjectRoles)
router.sublist("teams/<int:parent_pk>/access_list", TeamAccessList)
router.sublist("roles/<int:parent_pk>/users", RoleUsers)
router.sublist("roles/<int:parent_pk>/teams", RoleTeams)
router.register("organizations", OrganizationViewSet)
router.register("users", UserViewSet)
router.register("applications", ApplicationViewSet)
router.register("tokens", TokenViewSet)
router.register("teams", TeamViewSet)
router.register("roles", RoleViewSet)
absent_resources.put_into(router)

urlpatterns: list[URLPattern | URLResolver] = router.urls
