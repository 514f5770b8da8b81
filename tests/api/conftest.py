import pytest
from rest_framework.test import APIClient

from access.models import Organization, User
from tests.factories.access import make_superuser


@pytest.fixture
def root(db: None) -> User:
    return make_superuser("root", email="root@example.com", first_name="Ro", last_name="Ot")


@pytest.fixture
def client(root: User) -> APIClient:
    """A superuser's client; errors come as answers, not as exceptions."""
    client = APIClient(raise_request_exception=False)
    client.force_login(root)
    return client


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def organizations(root: User) -> list[Organization]:
    """Five, of which the first and the last were made by nobody."""
    makers = [None, root, root, root, None]
    return [
        Organization.objects.create(
            name=f"org {number}",
            description="even" if number % 2 == 0 else "",
            max_hosts=number,
            created_by=maker,
        )
        for number, maker in enumerate(makers)
    ]
