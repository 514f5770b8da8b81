import os

import pytest
from django.conf import settings

from credentials.models import CredentialType
from jobs.models import UnifiedJob
from observability.models import Increment
from tests.databases import restore
from tests.factories.runs import make_run


def test_each_process_of_a_test_run_has_a_broker_database_of_its_own() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")

    number = settings.REDIS_URL.partition("?db=")[2]

    assert number == ("0" if worker is None else str(int(worker[2:]) % 15 + 1))


@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_undone() -> None:
    types = list(CredentialType.objects.order_by("pk").values())
    make_run()
    first, last = CredentialType.objects.order_by("pk").first(), CredentialType.objects.order_by("pk").last()
    assert first is not None
    assert last is not None
    CredentialType.objects.filter(pk=first.pk).update(name="changed")
    last.delete()
    assert Increment.objects.exists()

    restore()

    assert not UnifiedJob.objects.exists()
    assert not Increment.objects.exists()
    assert list(CredentialType.objects.order_by("pk").values()) == types
