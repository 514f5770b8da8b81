from django.urls import URLPattern, URLResolver

from api.routers import Router
from credentials.api.credentials import CredentialViewSet
from credentials.api.galaxy import OrganizationGalaxyCredentials
from credentials.api.input_sources import CredentialInputSources, InputSourceViewSet
from credentials.api.sublists import (
    CredentialAccessList,
    CredentialCopy,
    CredentialObjectRoles,
    OrganizationCredentials,
    OwnerTeams,
    OwnerUsers,
    TeamCredentials,
    TypeCredentials,
    UserCredentials,
)
from credentials.api.testing import CredentialTest, CredentialTypeTest
from credentials.api.types import CredentialTypeViewSet

router = Router()
router.endpoint("credentials/<int:pk>/copy", CredentialCopy)
router.endpoint("credentials/<int:pk>/test", CredentialTest)
router.endpoint("credential_types/<int:pk>/test", CredentialTypeTest)
router.sublist("credentials/<int:parent_pk>/input_sources", CredentialInputSources)
router.sublist("credentials/<int:parent_pk>/owner_users", OwnerUsers)
router.sublist("credentials/<int:parent_pk>/owner_teams", OwnerTeams)
router.sublist("credentials/<int:parent_pk>/object_roles", CredentialObjectRoles)
router.sublist("credentials/<int:parent_pk>/access_list", CredentialAccessList)
router.sublist("credential_types/<int:parent_pk>/credentials", TypeCredentials)
router.sublist("organizations/<int:parent_pk>/credentials", OrganizationCredentials)
router.sublist("teams/<int:parent_pk>/credentials", TeamCredentials)
router.sublist("organizations/<int:parent_pk>/galaxy_credentials", OrganizationGalaxyCredentials)
router.sublist("users/<int:parent_pk>/credentials", UserCredentials)
router.register("credential_types", CredentialTypeViewSet)
router.register("credentials", CredentialViewSet)
router.register("credential_input_sources", InputSourceViewSet)

urlpatterns: list[URLPattern | URLResolver] = router.urls
