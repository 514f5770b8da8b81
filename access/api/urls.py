from django.urls import URLPattern, URLResolver

from access.api.activity import ActivityStreamViewSet
from access.api.organizations import OrganizationViewSet
from access.api.tokens import AuthorizedTokens, PersonalTokens, TokenViewSet
from access.api.users import Me, UserViewSet
from api.routers import Router

router = Router()
router.endpoint("me", Me, name="me")
router.sublist("users/<str:parent_pk>/tokens", PersonalTokens)
router.sublist("users/<str:parent_pk>/personal_tokens", PersonalTokens)
router.sublist("users/<str:parent_pk>/authorized_tokens", AuthorizedTokens)
router.register("activity_stream", ActivityStreamViewSet)
router.register("organizations", OrganizationViewSet)
router.register("users", UserViewSet)
router.register("tokens", TokenViewSet)

urlpatterns: list[URLPattern | URLResolver] = router.urls
