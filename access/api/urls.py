from django.urls import URLPattern, URLResolver

from access.api.organizations import OrganizationViewSet
from access.api.tokens import AuthorizedTokensOfUser, TokensOfUser, TokenViewSet
from access.api.users import Me, UserViewSet
from api.routers import Router

router = Router()
router.register("organizations", OrganizationViewSet)
router.register("users", UserViewSet)
router.register("tokens", TokenViewSet)
router.register("me", Me)
router.register("users/(?P<user>[^/]+)/tokens", TokensOfUser, listed_in_root=False)
router.register("users/(?P<user>[^/]+)/personal_tokens", TokensOfUser, listed_in_root=False)
router.register("users/(?P<user>[^/]+)/authorized_tokens", AuthorizedTokensOfUser, listed_in_root=False)

urlpatterns: list[URLPattern | URLResolver] = router.urls
