"""What the parent keeps running: engines and commands, seen alike."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from embedded.postgres import STOP as STOP_POSTGRES, Postgres
from embedded.processes import Command, StopSteps, end, spawn
from embedded.valkey import STOP as STOP_VALKEY, Valkey

Pause = Callable[[float], None]
LONGEST_BACK_OFF = 30.0
HEALTHY_AFTER = 60.0


class Service(Protocol):
    """Something that is one process while it runs."""

    name: str
    log: Path
    stop_steps: StopSteps

    @property
    def process(self) -> "subprocess.Popen[bytes] | None": ...

    def start(self, pause: Pause) -> None: ...


class CommandService:
    """A command with a log of its own."""

    def __init__(self, command: Command, logs: Path) -> None:
        self.name = command.name
        self.log = logs / f"{command.name}.log"
        self.stop_steps = command.stop
        self.process: subprocess.Popen[bytes] | None = None
        # Bytes in its log that are of earlier starts.
        self.said_before = 0
        self._command = command

    def start(self, pause: Pause) -> None:
        """Start the command; it may still fail later."""
        with self.log.open("ab") as log:
            self.said_before = log.tell()
            self.process = spawn(self._command, log)


class PostgresService:
    """The embedded PostgreSQL; `is_new` once it has made its database."""

    name = "postgres"
    stop_steps = STOP_POSTGRES

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.log = server.log
        self.is_new = False

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        return self.server.process

    def start(self, pause: Pause) -> None:
        self.is_new = self.server.start(pause) or self.is_new


class ValkeyService:
    """The embedded Valkey."""

    name = "valkey"
    stop_steps = STOP_VALKEY

    def __init__(self, server: Valkey) -> None:
        self.server = server
        self.log = server.log

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        return self.server.process

    def start(self, pause: Pause) -> None:
        self.server.start(pause)


@dataclass
class Kept:
    """A service that is started again when it dies, each time after a longer while (1, 2, 4 … 30 s)."""

    service: Service
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None

    def start(self, pause: Pause) -> None:
        """Raises CannotStart if the service says so itself."""
        self.restart_at = None
        self.started_at = time.monotonic()
        self.service.start(pause)

    @property
    def has_died(self) -> bool:
        """Whether it ended and nobody has taken note yet."""
        process = self.service.process
        return self.restart_at is None and process is not None and process.poll() is not None

    def plan_restart(self) -> float:
        """Take note that it died or could not start; the seconds until it should be tried again."""
        now = time.monotonic()
        self.failures = 1 if now - self.started_at > HEALTHY_AFTER else self.failures + 1
        delay = min(LONGEST_BACK_OFF, 2.0 ** (self.failures - 1))
        self.restart_at = now + delay
        return delay

    def stop(self, in_haste: Callable[[], bool]) -> None:
        """End it and what is left of its process group."""
        if self.service.process is not None:
            end(self.service.process, self.service.stop_steps, in_haste=in_haste)
