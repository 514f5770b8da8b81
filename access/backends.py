"""Who a name and a password are: for the login form, basic authentication and OAuth 2's password grant alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone

from access.audit import address_of
from access.models import PasswordAttempts, User


class PasswordBackend(ModelBackend):
    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """The user; None where there is none of this name and password. Raises TooManyFailures."""
        if not username or password is None or "\0" in username:
            return None
        name = User.normalize_username(username)
        now = timezone.now()
        attempts = PasswordAttempts.begin(name, address_of(request) if request is not None else None, now=now)
        user = super().authenticate(request, username=name, password=password, **kwargs)
        if user is None:
            attempts.note_failure(now=now)
        else:
            attempts.note_success(now=now)
        return user
