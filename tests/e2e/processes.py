"""Belfry's processes without a parent, so that a test can kill and start each as it likes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """Named processes; each is the leader of its own group, so that killing it kills its children too."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "scheduler_project"]
        worker = [
            *celery,
            "worker",
            "-P",
            "threads",
            "-c",
            "2",
            "--without-gossip",
            "--without-mingle",
            "--hostname",
        ]
        self._commands = {
            "web": [
                *(
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "scheduler_project.wsgi:application",
                    "--no-control-socket",
                ),
                *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"),
            ],
            "worker-1": [*worker, "one@%h"],
            "worker-2": [*worker, "two@%h"],
            "beat": [*celery, "beat", "-s", str(folder / "beat"), "--pidfile", ""],
        }
        self.names = tuple(self._commands)
        self._environment = os.environ | environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (folder / "processes.log").open("wb")

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self._environment, check=True)

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
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self._log.close()
