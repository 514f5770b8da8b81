"""An installed RabbitMQ on a free port of loopback, for the tests that speak AMQP."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from amqp import Connection
from amqp.exceptions import NotFound

from embedded import shim
from tests.ports import free_ports

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
WITHIN = 180.0
KILL = "9"


def why_not() -> str:
    """Why there can be none here; empty where there can be."""
    missing = [name for name in ("erl", "epmd") if shutil.which(name) is None]
    return "there is no RabbitMQ on this machine" if missing or not SERVER.exists() else ""


class RabbitMQ:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port, self._node, self._names = free_ports(3)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"amqp://127.0.0.1:{self.port}"

    def connect(self) -> Connection:
        connection = Connection(f"127.0.0.1:{self.port}", connect_timeout=10.0)
        connection.connect()
        return connection

    def has(self, queue: str) -> bool:
        with self.connect() as connection:
            try:
                connection.channel().queue_declare(queue, passive=True)
            except NotFound:
                return False
            return True

    def __enter__(self) -> Self:
        # Its register of names would otherwise be started by it, and stay.
        self._start(["epmd", "-port", str(self._names), "-address", "127.0.0.1"])
        self._start([str(SERVER)])
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                self.connect().close()
            except OSError:
                assert self._processes[-1].poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def log(self) -> str:
        return (self._folder / "output").read_text(errors="replace")[-2000:]

    def _start(self, command: list[str]) -> None:
        program = shutil.which(command[0])
        assert program is not None
        # It ends with this process, however that ends.
        with_us = [sys.executable, "-I", "-S", str(shim.__file__), str(os.getpid()), KILL, "-"]
        with (self._folder / "output").open("ab") as output:
            self._processes.append(
                subprocess.Popen(
                    [*with_us, program, *command[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self._environment(),
                )
            )

    def _environment(self) -> dict[str, str]:
        (self._folder / "plugins").write_text("[].")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
            "RABBITMQ_DIST_PORT": str(self._node),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_NODENAME": "belfry@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # The script becomes the server instead of waiting for it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
