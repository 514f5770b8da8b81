from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from access.models import AccessToken, Application, Organization, User
from access.oauth.models import make_client_secret

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


def make_application(
    grant: str = "authorization-code", client_type: str = "confidential", **values: Any
) -> tuple[Application, str]:
    """The row and the secret."""
    secret = make_client_secret()
    given = {"name": f"Application {next(_numbers)}"} | values
    if "organization" not in given:
        given["organization"] = make_organization()
    row = Application.objects.create(
        authorization_grant_type=grant, client_type=client_type, client_secret=secret, **given
    )
    return row, secret


def client_of(user: User | None) -> APIClient:
    """A client whose requests are the user's; a stranger's where there is none."""
    client = APIClient()
    client.force_authenticate(user)
    return client


def bearer(token: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
