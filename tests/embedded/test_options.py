from pathlib import Path

import pytest

from embedded.errors import CannotStart
from embedded.options import Options

PROJECT = Path("/srv/belfry")


def options(**environment: str) -> Options:
    return Options.from_environment(environment, PROJECT)


def test_defaults() -> None:
    chosen = options()

    assert chosen.data_dir == PROJECT / "var"
    assert (chosen.host, chosen.port) == ("127.0.0.1", 8000)
    assert chosen.processes == ("web", "worker", "beat")
    assert (chosen.database_url, chosen.redis_url, chosen.secret_key) == (None, None, None)


def test_empty_variables_are_like_missing_ones() -> None:
    assert options(PORT="", DATABASE_URL="", PROCESSES="", BELFRY_DATA_DIR="") == options()


def test_processes_are_read_in_any_order() -> None:
    assert options(PROCESSES=" beat, web ").processes == ("web", "beat")


def test_value_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n")

    assert options(SECRET_KEY_FILE=str(tmp_path / "key")).secret_key == "secret"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "http"}, "PORT is 'http'"),
        ({"PORT": "65536"}, "PORT is '65536'"),
        ({"PROCESSES": "web,mail"}, "PROCESSES is 'web,mail'; it may list web, worker, beat"),
        ({"PROCESSES": ","}, "PROCESSES is ','"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE names /nowhere/key, which cannot be read"),
    ],
)
def test_nonsense_is_refused(environment: dict[str, str], words: str) -> None:
    with pytest.raises(CannotStart, match=words):
        options(**environment)
