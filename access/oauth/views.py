"""OAuth 2's endpoints: /api/o/ with authorize, token and revoke_token, where AWX has them."""

from typing import Any

from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from oauth2_provider.views import AuthorizationView, RevokeTokenView, TokenView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from access.exceptions import TooManyFailures
from access.models import Application
from api.errors import bad_request
from api.openapi import OpenApi
from api.views import Endpoint

ROOT = "/api/o/"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class OAuthRoot(Endpoint):
    """Where OAuth 2 clients ask for authorization, tokens, and their end."""

    permission_classes = (AllowAny,)

    def get_view_name(self) -> str:
        return "OAuth 2"

    @OpenApi(responses={200: {"type": "object", "additionalProperties": {"type": "string"}}})
    def get(self, request: Request) -> Response:
        return Response({name: f"{ROOT}{name}/" for name in ("authorize", "token", "revoke_token")})


@method_decorator(never_cache, name="dispatch")
class Authorize(AuthorizationView):
    """The page on which a user lets an application act for him, and the code that the application gets then."""

    template_name = "authorize.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if any("\0" in value for value in request.GET.values()):
            return bad_request(request, ValueError())
        try:
            with transaction.atomic():
                answer: HttpResponse = super().dispatch(request, *args, **kwargs)
                return answer
        except DataError:
            # Longer than any of OAuth's parameters is.
            return bad_request(request, ValueError())

    def form_valid(self, form: Any) -> HttpResponse:
        if not Application.objects.filter(client_id=form.cleaned_data["client_id"]).exists():
            return bad_request(self.request, ValueError())
        answer: HttpResponse = super().form_valid(form)
        return answer


class Token(TokenView):
    """An access token and a refresh token for a code, a password or a refresh token."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("grant_type") == DEVICE_CODE:
            # The library knows it, AWX does not.
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        try:
            with transaction.atomic():
                return self.authorization_flow_token_response(request)
        except TooManyFailures as error:
            return JsonResponse(
                {"error": "temporarily_unavailable", "error_description": str(error)},
                status=429,
                headers={"Retry-After": str(error.seconds)},
            )


class RevokeToken(RevokeTokenView):
    """The end of an access or a refresh token, and of the one that belongs to it."""
