import socket
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings
from redis import Redis

from jobs import announcing
from jobs.announcing import announce_work


@pytest.fixture(autouse=True)
def _speak() -> Iterator[None]:
    announcing._Silence.until = 0.0
    yield
    announcing._Silence.until = 0.0


def test_message_says_only_that_there_is_work() -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    broker.delete("celery")

    announce_work()

    assert broker.llen("celery") == 1
    message = broker.lpop("celery")
    assert isinstance(message, bytes)
    assert b'"task": "jobs.tasks.run_waiting"' in message
    broker.close()


@pytest.mark.parametrize("listens", [True, False])
def test_dead_broker_costs_a_moment_once(
    listens: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        if listens:
            mute.listen()
        # Celery reads the one where the other is not set, so this is the order in which both come back.
        monkeypatch.setattr(current_app.conf, "broker_write_url", None)
        monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{mute.getsockname()[1]}/0")

        begun = time.monotonic()
        announce_work()
        first = time.monotonic() - begun
        announce_work()

    assert first < 20
    assert [record.message.partition(" (")[0] for record in caplog.records] == [
        "The broker cannot be reached"
    ]
