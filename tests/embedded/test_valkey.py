import os
import signal
from pathlib import Path

import pytest
import redis

from embedded import valkey as module
from embedded.errors import CannotStart
from embedded.valkey import Valkey
from tests.embedded.launched import PATIENCE


def server(data_dir: Path) -> Valkey:
    (data_dir / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    return Valkey(data_dir / "run", data_dir / "valkey.log")


def ask(valkey: Valkey, *command: str) -> object:
    with redis.Redis.from_url(valkey.url) as client:
        return client.execute_command(*command)


def test_server_listens_on_its_socket_only(data_dir: Path) -> None:
    valkey = server(data_dir)
    valkey.start()
    try:
        assert ask(valkey, "CONFIG", "GET", "port") in ({b"port": b"0"}, {"port": "0"})
        assert valkey.socket.stat().st_mode & 0o077 == 0
    finally:
        valkey.stop()


def test_socket_that_nobody_listens_on_does_not_block_a_start(data_dir: Path) -> None:
    killed = server(data_dir)
    killed.start()
    assert killed.process is not None
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    assert killed.socket.exists()

    valkey = server(data_dir)
    valkey.start()
    valkey.stop()


def test_server_that_an_earlier_parent_left_is_ended_and_not_doubled(data_dir: Path) -> None:
    left = server(data_dir)
    left.start()
    assert left.process is not None

    valkey = server(data_dir)
    valkey.start()
    try:
        assert left.process.wait(PATIENCE) == 0
    finally:
        valkey.stop()


def test_start_reports_the_last_words_of_a_server_that_failed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey = server(data_dir)
    refuses = data_dir / "valkey-server"
    refuses.write_text("#!/bin/sh\necho no memory today\nexit 1\n")
    refuses.chmod(0o700)
    monkeypatch.setattr(module, "find_server", lambda: refuses)

    with pytest.raises(CannotStart, match=r"Valkey did not start\. It says:\nno memory today"):
        valkey.start()
