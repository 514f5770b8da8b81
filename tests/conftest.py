"""Starts the engines before Django reads its settings, once for a test run.

pytest-django loads the settings as soon as it is told their name, and they read the engines' URLs at once. So the
engines are started here, while pytest reads this file, and only then Django is set up. Workers of
pytest-xdist inherit the URLs from the process that controls them.
"""

import os

import django
import pytest

from tests.engines import Engines, use_own_broker_database

engines: Engines | None = None

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    use_own_broker_database(worker)
else:
    engines = Engines()
    os.environ.update(engines.start())
os.environ["DJANGO_SETTINGS_MODULE"] = "scheduler_project.settings"
django.setup()
# Workers of pytest-xdist must not find it: they would read the settings before they know their own database.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if engines is not None:
        engines.stop()
