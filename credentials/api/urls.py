from django.urls import URLPattern, URLResolver

from api.routers import Router
from credentials.api.credentials import CredentialViewSet
from credentials.api.galaxy import OrganizationGalaxyCredentials
from credentials.api.sublists import (
    CredentialCopy,
    OrganizationCredentials,
    OwnerUsers,
    TypeCredentials,
    UserCredentials,
)
from credentials.api.types import CredentialTypeViewSet

router = Router()
router.endpoint("credentials/<int:pk>/copy", CredentialCopy)
router.sublist("credentials/<int:parent_pk>/owner_users", OwnerUsers)
router.sublist("credential_types/<int:parent_pk>/credentials", TypeCredentials)
router.sublist("organizations/<str:parent_pk>/credentials", OrganizationCredentials)
router.sublist("organizations/<int:parent_pk>/galaxy_credentials", OrganizationGalaxyCredentials)
router.sublist("users/<str:parent_pk>/credentials", UserCredentials)
router.register("credential_types", CredentialTypeViewSet)
router.register("credentials", CredentialViewSet)

urlpatterns: list[URLPattern | URLResolver] = router.urls
