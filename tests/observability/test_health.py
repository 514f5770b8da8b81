from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from observability import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    health._Last.at = float("-inf")
    yield
    health._Last.at = float("-inf")


def readiness() -> tuple[int, dict[str, str]]:
    answer = Client(headers={"host": "10.1.2.3:8000"}).get("/readyz")
    return answer.status_code, answer.json()["checks"]


def test_process_answers_whoever_asks(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        answer = Client(headers={"host": "10.1.2.3:8000"}).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready() -> None:
    assert readiness() == (200, {"database": "ok", "broker": "ok", "migrations": "ok"})


def test_broker_that_is_away_is_named(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://user:pa55word@127.0.0.1:1/0"

    assert readiness() == (503, {"database": "ok", "broker": "unreachable", "migrations": "ok"})


def test_database_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("connection to bob:pa55word failed")

    monkeypatch.setattr(health._Last, "migrations_applied", False)
    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "close", lambda: None)

    status, checks = readiness()

    assert (status, checks["database"], checks["broker"]) == (503, "unreachable", "ok")
    assert checks["migrations"] == "unknown"


def test_migration_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Last, "migrations_applied", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'observability'")

    assert readiness() == (503, {"database": "ok", "broker": "ok", "migrations": "not applied"})
    assert Client().get("/healthz").status_code == 200
