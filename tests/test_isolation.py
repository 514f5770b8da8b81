import os

from django.conf import settings


def test_each_process_of_a_test_run_has_a_broker_database_of_its_own() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")

    number = settings.REDIS_URL.partition("?db=")[2]

    assert number == ("0" if worker is None else str(int(worker[2:]) % 15 + 1))
