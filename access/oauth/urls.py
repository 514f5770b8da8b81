from django.urls import URLPattern, URLResolver, path

from access.oauth.views import Authorize, OAuthRoot, RevokeToken, Token

urlpatterns: list[URLPattern | URLResolver] = [
    path("", OAuthRoot.as_view(), name="oauth-root"),
    path("authorize/", Authorize.as_view(), name="oauth-authorize"),
    path("token/", Token.as_view(), name="oauth-token"),
    path("revoke_token/", RevokeToken.as_view(), name="oauth-revoke-token"),
]
