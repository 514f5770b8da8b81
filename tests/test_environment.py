"""Settings that make no sense stop the start with a sentence that names the variable and tells no password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from scheduler_project import environment

NAME = "BELFRY_TESTED"
SECRET = "p4ssw0rd"


@pytest.mark.parametrize("text", ["true", "True", "on", "yes", "1"])
def test_switch_is_on(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    assert environment.switch(NAME) is True


@pytest.mark.parametrize("text", ["false", "OFF", "no", "0", ""])
def test_switch_is_off(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    assert environment.switch(NAME) is False


def test_switch_that_is_not_there_is_off() -> None:
    assert environment.switch(NAME) is False


def manage(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_management_command_tells_what_makes_no_sense_in_a_sentence() -> None:
    done = manage("migrate", SYSTEM_PAUSED="ture")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "SYSTEM_PAUSED is 'ture'; it may be true or false.\n"


def test_management_command_tells_in_a_sentence_that_there_is_no_database() -> None:
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:9/belfry"

    for command in ("migrate", "bootstrap"):
        done = manage(command, DATABASE_URL=url, BELFRY_ADMIN_PASSWORD="x")

        assert done.returncode == 1
        assert done.stderr == (
            "The database of DATABASE_URL cannot be used: "
            'connection failed: connection to server at "127.0.0.1", port 9 failed: Connection refused.\n'
        )


def test_management_command_shows_where_the_database_ended_it() -> None:
    statements = "SET statement_timeout = 1; SELECT pg_sleep(9)"
    done = manage(
        "shell", "-v0", "-c", f"from django.db import connection as c; c.cursor().execute('{statements}')"
    )

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "statement timeout" in done.stderr


@pytest.mark.parametrize("text", ["enabled", "ture", "2", "ja"])
def test_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is '{text}'; it may be true or false."):
        environment.switch(NAME)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        SECRET,
        f"mysql://belfry:{SECRET}@localhost/belfry",
        f"postgresql://belfry:{SECRET}@localhost:port/belfry",
        "sqlite:///belfry.db",
    ],
)
def test_database_that_is_no_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be the URL of a PostgreSQL") as refusal:
        environment.postgresql(NAME)

    assert SECRET not in str(refusal.value)


def test_database_is_read_with_the_folder_of_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://belfry:p%40ss@%2Frun%2Fpostgresql/belfry")

    database = environment.postgresql(NAME)

    assert (database["HOST"], database["PASSWORD"], database["NAME"]) == ("/run/postgresql", "p@ss", "belfry")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        f"amqp://:{SECRET}@localhost",
        f"redis://:{SECRET}@localhost:port",
        f"redis://belfry:{SECRET}",
    ],
)
def test_broker_that_is_no_redis_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be the URL of a Redis or Valkey") as refusal:
        environment.redis(NAME)

    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("url", ["belfry.example.com", "ftp://belfry.example.com", "https://"])
def test_address_that_no_browser_opens_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)

    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}: "):
        environment.web_address(NAME, default="")


def test_address_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "https://belfry.example.com/jobs")

    assert environment.web_address(NAME, default="") == "https://belfry.example.com/jobs"


def test_empty_address_is_like_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "")

    assert environment.web_address(NAME, default="http://localhost:8000") == "http://localhost:8000"
