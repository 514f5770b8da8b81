import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import redis
import time_machine
from pytest_django import Settings

from jobs import announcing
from observability.counting import read_counts
from observability.moments import seconds_since
from schedules.heartbeat import send_heartbeat
from schedules.tasks import poll_schedules
from tests.endpoint import Endpoint
from tests.factories.access import client_of, make_superuser
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def watcher(settings: Settings) -> Iterator[Endpoint]:
    with Endpoint() as running:
        settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.1"]
        settings.HEARTBEAT_URL = f"{running.url}/ping/s3cret-uuid"
        yield running


@pytest.fixture
def broker(settings: Settings) -> Iterator[redis.Redis]:
    announcing._Silence.until = 0.0
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def tasks(broker: redis.Redis) -> list[str]:
    return [json.loads(message)["headers"]["task"] for message in broker.lrange("celery", 0, -1)]


def test_heartbeat_is_sent_once_in_an_interval(watcher: Endpoint) -> None:
    assert [send_heartbeat() for _ in range(3)] == [True, False, False]

    [call] = watcher.requests
    assert (call["method"], call["path"]) == ("GET", "/ping/s3cret-uuid")


@pytest.mark.parametrize("path", ["/status/500", "/redirect", "/reset"])
def test_failed_heartbeat_is_logged_without_its_url(
    watcher: Endpoint, settings: Settings, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    settings.HEARTBEAT_URL = f"{watcher.url}{path}?key=s3cret"

    with caplog.at_level(logging.WARNING):
        assert send_heartbeat() is False

    [line] = [record.getMessage() for record in caplog.records if "heartbeat" in record.getMessage()]
    assert "s3cret" not in caplog.text
    assert watcher.url not in line


def test_heartbeat_goes_where_it_may_only(watcher: Endpoint, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = []

    assert send_heartbeat() is False
    assert watcher.requests == []


def test_beats_tick_has_it_sent_and_calls_nobody_itself(watcher: Endpoint, broker: redis.Redis) -> None:
    poll_schedules()
    poll_schedules(wakeup=True)

    assert tasks(broker).count("schedules.tasks.send_heartbeat") == 1
    assert watcher.requests == []


def test_no_heartbeat_without_its_url(settings: Settings, broker: redis.Redis) -> None:
    settings.HEARTBEAT_URL = ""

    poll_schedules()

    assert "schedules.tasks.send_heartbeat" not in tasks(broker)
    assert send_heartbeat() is False


def test_ticks_are_counted(broker: redis.Redis) -> None:
    make_schedule()
    assert seconds_since("tick") is None
    with time_machine.travel(datetime(2030, 1, 1, 1, tzinfo=UTC), tick=False):
        poll_schedules()
        poll_schedules(wakeup=True)

    counts = read_counts()
    answer = client_of(make_superuser()).get("/api/v2/metrics/", HTTP_ACCEPT="text/plain")

    assert counts.by("ticks", "kind") == {"beat": 1.0, "wakeup": 1.0}
    assert {
        'belfry_ticks_total{kind="beat"} 1.0',
        "belfry_tick_launched_total 1.0",
        "belfry_schedules_quarantined_total 0.0",
    } <= set(answer.content.decode().splitlines())
    assert b"belfry_seconds_since_last_tick " in answer.content
