"""Starts the engines before Django reads its settings, once for a test run.

pytest-django loads the settings as soon as it is told their name, and they read the engines' URLs at once. So the
engines are started here, while pytest reads this file, and only then Django is set up. Workers of
pytest-xdist inherit the URLs from the process that controls them.
"""

import os
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings as hypothesis_settings

from tests import databases
from tests.engines import Engines, use_own_broker_database

# These wait for most of their time, and share what they start: were they the last, one process would do them alone.
FIRST = ("tests/chaos/", "tests/e2e/", "tests/clients/", "tests/contract/test_conformance.py")

# The same examples in each run, however slow the machine: who looks for others says --hypothesis-profile=default.
hypothesis_settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("same")

engines: Engines | None = None

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    use_own_broker_database(worker)
else:
    engines = Engines()
    os.environ.update(engines.start())
os.environ["DJANGO_SETTINGS_MODULE"] = "scheduler_project.settings"
settings.PASSWORD_HASHERS = ["tests.hashing.CheapArgon2"]
# Each client of a test has middleware of its own, which else would list all static files first.
settings.WHITENOISE_AUTOREFRESH = True
django.setup()
# Workers of pytest-xdist must not find it: they would read the settings before they know their own database.
del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    """pytest-django asks for it before it makes the test database of this process: here, as a copy."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.migrate_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What Django would empty, migrate and fill anew after each test that commits is restored instead."""
    with django_db_blocker.unblock():
        databases.remember_seeds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: databases.restore())
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_unconfigure(config: pytest.Config) -> None:
    if engines is not None:
        engines.stop()
