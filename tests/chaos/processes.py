"""Belfry's processes without a parent, so that each can be killed, frozen and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.processes import kill_group

ROOT = Path(__file__).resolve().parents[2]
CELERY = (sys.executable, "-m", "celery", "-A", "scheduler_project")
WORKER = (*CELERY, "worker", "-P", "threads", "-c", "2", "--without-gossip", "--without-mingle")


def commands(folder: Path, *, beats: int, workers: int) -> dict[str, tuple[str, ...]]:
    """The command of each process by its name."""
    named: dict[str, tuple[str, ...]] = {}
    for number in range(1, workers + 1):
        named[f"worker-{number}"] = (*WORKER, "--hostname", f"worker-{number}@%h")
    for number in range(1, beats + 1):
        memory = str(folder / f"beat-{number}")
        named[f"beat-{number}"] = (*CELERY, "beat", "-s", memory, "--pidfile", "")
    return named


class Processes:
    """Named processes; each is the leader of its own group, so that killing it kills its children too."""

    def __init__(
        self, folder: Path, commands: Mapping[str, tuple[str, ...]], environment: Mapping[str, str]
    ) -> None:
        self._commands = commands
        self.names = tuple(commands)
        self._environment = {**os.environ, **environment}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (folder / "processes.log").open("wb")

    @property
    def ids(self) -> list[int]:
        return [process.pid for process in self._running.values()]

    def start(self, name: str) -> None:
        self._running[name] = subprocess.Popen(
            self._commands[name],
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        kill_group(process.pid)
        process.wait()

    def freeze(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def wake(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGCONT)

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self._log.close()
