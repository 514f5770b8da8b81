from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from access.api.organizations import OrganizationViewSet
from access.api.tokens import AuthorizedTokensOfUser, TokensOfUser, TokenViewSet
from access.api.users import Me, UserViewSet

router = SimpleRouter()
router.register("organizations", OrganizationViewSet)
router.register("users", UserViewSet)
router.register("tokens", TokenViewSet)
router.register("me", Me, basename="me")
router.register("users/(?P<user>[^/]+)/tokens", TokensOfUser, basename="user-tokens")
router.register("users/(?P<user>[^/]+)/personal_tokens", TokensOfUser, basename="user-personal-tokens")
router.register(
    "users/(?P<user>[^/]+)/authorized_tokens", AuthorizedTokensOfUser, basename="user-authorized-tokens"
)

urlpatterns: list[URLPattern | URLResolver] = [path("", include(router.urls))]
