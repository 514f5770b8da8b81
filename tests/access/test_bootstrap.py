import pytest

from access.bootstrap import ensure_default_organization, ensure_first_administrator
from access.models import AccessToken, Organization, User
from tests.factories.access import make_superuser, make_token, make_user

pytestmark = pytest.mark.django_db


def test_first_administrator_is_made_once() -> None:
    first = ensure_first_administrator("secret")
    second = ensure_first_administrator("other")

    assert (first.pk, first.username, first.is_superuser) == (second.pk, "admin", True)
    assert User.objects.get().check_password("secret")


def test_superuser_of_another_name_is_enough() -> None:
    root = make_superuser("root")

    assert ensure_first_administrator("secret") == root
    assert User.objects.count() == 1


def test_ordinary_admin_becomes_one_without_his_tokens() -> None:
    user = make_user("admin")
    make_token(user)

    administrator = ensure_first_administrator("secret")

    assert (administrator.pk, administrator.check_password("secret")) == (user.pk, True)
    assert not AccessToken.objects.exists()


def test_empty_password_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a password"):
        ensure_first_administrator("")

    assert not User.objects.exists()


def test_default_organization_is_made_once() -> None:
    assert ensure_default_organization() == ensure_default_organization()
    assert Organization.objects.get().name == "Default"
