import pytest

from access.activity import ActivityStream
from inventories.models import Host
from jobs.models import Project
from schedules.demonstration import create_demonstration, follow_example_service
from tests.factories.access import make_organization, make_superuser

pytestmark = pytest.mark.django_db


def test_demonstration_calls_the_example_service() -> None:
    create_demonstration(
        endpoint_url="http://127.0.0.1:5000", organization=make_organization(), owner=make_superuser()
    )

    host = Host.objects.get()
    assert (host.name, host.inventory.name) == ("localhost", "Demo Inventory")
    assert host.variables == "belfry_url: http://127.0.0.1:5000"
    assert list(ActivityStream.objects.values_list("operation", "object1")) == [
        ("create", "inventory"),
        ("create", "host"),
    ]


def test_untouched_demonstration_follows_the_example_service() -> None:
    create_demonstration(
        endpoint_url="http://127.0.0.1:5000", organization=make_organization(), owner=make_superuser()
    )
    other = Host.objects.create(
        name="other", inventory=Host.objects.get().inventory, variables="belfry_url: http://127.0.0.1:1"
    )

    follow_example_service("http://127.0.0.1:6000")

    assert Project.objects.get().scm_url == "http://127.0.0.1:6000"
    assert Host.objects.get(name="localhost").variables == "belfry_url: http://127.0.0.1:6000"
    other.refresh_from_db()
    assert other.variables == "belfry_url: http://127.0.0.1:1"
