"""The PostgreSQL and Valkey that all tests of a run share, or all benches: the same engines as `make run` starts."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path

from embedded.data_directory import DataDirectory
from embedded.guarding import Guarding
from embedded.postgres import STOP as STOP_POSTGRES, Postgres
from embedded.processes import StopSteps
from embedded.valkey import STOP as STOP_VALKEY, Valkey

KILL: StopSteps = ((signal.SIGKILL, 5.0),)


class Engines:
    """Both engines in a temporary folder; they end with this process even if it is killed."""

    def __init__(self, *, durable: bool = False) -> None:
        """With `durable` PostgreSQL waits for the disk as in `make run`."""
        self.data = DataDirectory(Path(tempfile.mkdtemp(prefix="belfry-tests-")))
        self.data.create()
        self.data.lock()
        assert self.data.lock_fd is not None
        self._guarding = Guarding(self.data.lock_fd)
        sockets = self.data.sockets()
        self.postgres = Postgres(
            self.data.postgres, sockets, "of-the-tests", self.data.logs / "postgres.log", durable=durable
        )
        self.valkey = Valkey(sockets, self.data.logs / "valkey.log")

    def start(self) -> dict[str, str]:
        """The settings with which Belfry uses them."""
        self.postgres.start()
        self.valkey.start()
        self.watch()
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "only-for-the-tests-of-one-machine",
            "BELFRY_DATA_DIR": str(self.data.path),
        }

    def watch(self, others: Iterable[int] = ()) -> None:
        """Say what runs now, so that it ends with this process: the engines, and before them `others` by their ids."""
        assert self.postgres.process is not None
        assert self.valkey.process is not None
        self._guarding.watch(
            [
                *((pid, KILL) for pid in others),
                (self.valkey.process.pid, STOP_VALKEY),
                (self.postgres.process.pid, STOP_POSTGRES),
            ]
        )

    def stop(self) -> None:
        """End both and remove their folder."""
        self.valkey.stop()
        self.postgres.stop()
        self._guarding.watch([])
        self._guarding.close()
        shutil.rmtree(self.data.path)


def use_own_broker_database(worker: str) -> None:
    """Give a pytest-xdist worker (`gw0` …) a database of its own in the Valkey that it shares with the others."""
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].partition("?")[0] + f"?db={int(worker[2:]) % 15 + 1}"
