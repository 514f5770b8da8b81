"""How a request says who sends it: a bearer token, a session's cookie, or basic authentication (AWX's three ways).

What is wrong, unknown or garbled counts as no authentication at all: public paths answer all the same, and the others
say 401 in words that do not tell what was wrong.
"""

import logging
from typing import Any

from django.contrib.auth.middleware import get_user
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from access.exceptions import TooManyFailures
from access.models import AccessToken, User
from access.runtime_settings import value_of

CHALLENGE = "Bearer realm=api authorization_url=/api/o/authorize/"

logger = logging.getLogger(__name__)


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer` and an access token, a personal one or an application's."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        words = authentication.get_authorization_header(request).split()
        if len(words) != 2 or words[0].lower() != b"bearer":
            return None
        now = timezone.now()
        token = AccessToken.usable(words[1].decode("latin-1"), now=now)
        if token is None or not token.is_for(request.build_absolute_uri(request.path)):
            logger.warning("A bearer token was refused.", extra={"action": "refuse_token"})
            return None
        token.note_use(now=now)
        token.user.is_limited_to_reading = token.is_for_reading_only
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """The cookie of a session begun at /api/login/; methods that change something need the CSRF token as well."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """With the user himself: Django's request has a wrapper, whose class no rules are known by."""
        found = super().authenticate(request)
        return found and (get_user(request._request), None)  # noqa: SLF001 (DRF has no other way to it)


class BasicAuthentication(authentication.BasicAuthentication):
    """`Authorization: Basic` with user name and password, in UTF-8."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        words = authentication.get_authorization_header(request).split()
        if not words or words[0].lower() != b"basic" or not value_of("AUTH_BASIC_ENABLED"):
            return None
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            logger.warning("Basic authentication was refused.", extra={"action": "refuse_basic"})
            return None
        except TooManyFailures as error:
            raise Throttled(error.seconds, str(error)) from None
