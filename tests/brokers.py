"""What is in queues: a Valkey on TCP and what Kombu's consumers find in it, or in a RabbitMQ."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import kombu
from redis import Redis

from embedded.valkey import find_server
from tests.ports import free_ports


@dataclass(frozen=True)
class Taken:
    """A message as a consumer gets it."""

    body: dict[str, Any]
    headers: dict[str, str]
    properties: dict[str, Any]
    content_type: str


def take(url: str, queue: str) -> list[Taken]:
    """All messages of a queue, which is empty then."""
    taken: list[Taken] = []
    with kombu.Connection(url) as connection, connection.SimpleQueue(queue) as messages:
        while True:
            try:
                message = messages.get_nowait()
            except messages.Empty:
                return taken
            message.ack()
            kind = str(message.content_type)
            taken.append(Taken(message.payload, message.headers, message.properties, kind))


class TcpValkey:
    """One on a free port of loopback; with `password` it wants that of the user `default`."""

    def __init__(self, folder: Path, password: str = "") -> None:
        [self.port] = free_ports(1)
        self._folder = folder
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/1"

    def __enter__(self) -> Self:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        if self.password:
            options += ["--requirepass", self.password]
        self._process = subprocess.Popen(
            [str(find_server()), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return self
        raise AssertionError("Valkey did not start.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._process.stdout.close()

    def client(self) -> Redis:
        return Redis(port=self.port, db=1, password=self.password or None, decode_responses=True)
