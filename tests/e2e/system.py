"""A whole Belfry, started as `make run` starts it, on a data directory, a migrated database and a port of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.e2e.cluster import copy_cluster
from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
# Long enough for a busy machine: what they end is a hang.
READY_WITHIN = 300.0
STOPPED_WITHIN = 120.0
ENDED_WITHIN = 120.0
PASSWORD = "a-password-for-the-tests"
NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


class System:
    """Entered: started and answering. `settings` are environment variables of the parent."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        [self.port] = free_ports(1)
        self.base = f"http://127.0.0.1:{self.port}"
        self._environment = {name: text for name, text in os.environ.items() if name not in NOT_INHERITED} | {
            "PORT": str(self.port),
            "BELFRY_DATA_DIR": str(data_dir),
            "BELFRY_ADMIN_PASSWORD": PASSWORD,
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            **settings,
        }

    def __enter__(self) -> Self:
        copy_cluster(self.data_dir, ROOT, self._environment)
        self.output = self.data_dir.with_suffix(".output").open("w+")
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "embedded"],
            env=self._environment,
            cwd=ROOT,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.api = httpx.Client(
            base_url=self.base + "/api/v2/", auth=("admin", PASSWORD), timeout=STOPPED_WITHIN, trust_env=False
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.close()
        self.parent.send_signal(signal.SIGINT)
        try:
            self.parent.wait(STOPPED_WITHIN)
        finally:
            self.parent.kill()
            self.output.close()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.parent.poll() is not None:
                break
            try:
                if self.api.get("ping/").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.output.seek(0)
        raise AssertionError(f"Belfry did not become ready:\n{self.output.read()}")

    def create(self, path: str, **values: Any) -> dict[str, Any]:
        answer = self.api.post(path, json=values)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def wait_for_jobs(self, query: str, number: int) -> list[dict[str, Any]]:
        """The jobs that `query` lists, once there are `number` of them and all have ended."""
        deadline = time.monotonic() + ENDED_WITHIN
        jobs: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            jobs = self.api.get(f"{query}?page_size=200").json()["results"]
            if len(jobs) >= number and all(job["finished"] for job in jobs):
                return jobs
            time.sleep(0.2)
        raise AssertionError(
            f"{query} has {[job['status'] for job in jobs]} after {ENDED_WITHIN} s; {number} ended runs were expected"
        )
