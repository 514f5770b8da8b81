"""Changes of accounts that have more to them than a row: passwords, and the superuser that must remain."""

from typing import Any

from django.db import transaction

from access.exceptions import LastSuperuser
from access.models import User

# What clients see of a password, and may send back to keep it (AWX's convention).
MASK = "$encrypted$"


def create_user(*, password: str, **fields: Any) -> User:
    """A new account. A password that is only the mask leaves it without one, so that nobody can log in with it."""
    user = User(**fields)
    if password in ("", MASK):
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save(force_insert=True)
    return user


@transaction.atomic
def change_user(user: User, *, password: str = MASK, **fields: Any) -> bool:
    """Store the given fields; returns whether the password is a new one. Raises LastSuperuser.

    A new password ends the sessions of the account, its tokens stay (as in AWX).
    """
    if user.is_superuser and not fields.get("is_superuser", True):
        require_another_superuser(user)
    for name, value in fields.items():
        setattr(user, name, value)
    has_new_password = password not in ("", MASK)
    if has_new_password:
        user.set_password(password)
    user.save(update_fields=[*fields, "modified", *(["password"] if has_new_password else [])])
    return has_new_password


@transaction.atomic
def delete_user(user: User) -> None:
    """Delete the account with its tokens. Raises LastSuperuser."""
    if user.is_superuser:
        require_another_superuser(user)
    user.delete()


def require_another_superuser(user: User) -> None:
    """Raises LastSuperuser if there is no other; two who demote or delete each other wait for one another here."""
    superusers = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    if not [other for other in superusers if other.pk != user.pk]:
        raise LastSuperuser("The last superuser has to remain one.")
