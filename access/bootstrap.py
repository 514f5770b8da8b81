"""What every installation starts with: an administrator and an organization."""

from django.contrib.auth.hashers import make_password
from django.db import transaction

from access.models import Organization, User

ADMINISTRATOR = "admin"
DEFAULT_ORGANIZATION = "Default"


@transaction.atomic
def ensure_first_administrator(password: str) -> User:
    """The first superuser; where there is none, `admin` is made one, with this password. Raises ValueError if empty.

    An account of that name which is not a superuser's loses its tokens before it becomes one.
    """
    existing = User.objects.filter(is_superuser=True).order_by("pk").first()
    if existing is not None:
        return existing
    if not password:
        raise ValueError("The first administrator needs a password.")
    user, _ = User.objects.select_for_update().get_or_create(username=ADMINISTRATOR)
    user.access_tokens.all().delete()
    user.password = make_password(password)
    user.is_superuser = user.is_active = True
    user.save()
    return user


def ensure_default_organization() -> Organization:
    organization, _ = Organization.objects.get_or_create(
        name=DEFAULT_ORGANIZATION, defaults={"description": "The default organization."}
    )
    return organization
