from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from access.models import AccessToken, Organization, User

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(username: str = "", **values: Any) -> User:
    """An account with the password `PASSWORD`."""
    return User.objects.create(
        username=username or f"user-{next(_numbers)}", password=hash_of(PASSWORD), **values
    )


@cache
def hash_of(password: str) -> str:
    """Hashing takes as long as it should, so once is enough."""
    return make_password(password)


def make_superuser(username: str = "", **values: Any) -> User:
    return make_user(username, is_superuser=True, **values)


def make_organization(name: str = "", **values: Any) -> Organization:
    return Organization.objects.create(name=name or f"Organization {next(_numbers)}", **values)


def make_token(user: User, scope: str = "write", description: str = "") -> tuple[AccessToken, str]:
    """The row and the secret."""
    return AccessToken.issue(user, lifetime=timedelta(days=1), scope=scope, description=description)


def client_of(user: User | None) -> APIClient:
    """A client whose requests are the user's; a stranger's where there is none."""
    client = APIClient()
    client.force_authenticate(user)
    return client


def bearer(token: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
