import pytest
from rest_framework.test import APIClient

from access.models import User


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password="root-password")


@pytest.fixture
def admin(root: User) -> APIClient:
    return client_of(root)


@pytest.fixture
def stranger(db: None) -> APIClient:
    """Logged in, without any rights."""
    return client_of(User.objects.create_user("stranger", password="stranger-password"))


@pytest.fixture
def auditor(db: None) -> APIClient:
    return client_of(User.objects.create_user("auditor", password="x-password", is_system_auditor=True))


@pytest.fixture
def nobody(db: None) -> APIClient:
    return client_of(None)
