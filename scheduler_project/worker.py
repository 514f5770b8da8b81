"""`python -m scheduler_project.worker`: the worker of `make run`, with beat as a thread if it is told where.

It is Celery's worker without Celery's command line, which would hold an interactive shell in memory (7 MB).
"""

import argparse
import os
import sys
from typing import Any

from celery.apps.worker import Worker, install_worker_term_handler  # type: ignore[attr-defined]  # of the stubs
from celery.utils.nodenames import host_format

from scheduler_project.celery import app

THREADS = 4


class QuietWorker(Worker):
    """Celery's worker, whose log has lines of JSON alone, up to the last."""

    def install_platform_tweaks(self, worker: Any) -> None:
        super().install_platform_tweaks(worker)
        # Without a line of plain text: that the worker stops is logged by its engine.
        install_worker_term_handler(worker, verbose=False)


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="scheduler_project.worker", description=__doc__)
    parser.add_argument("--beat-schedule", help="run beat in this worker, and keep its times in this file")
    options = parser.parse_args(arguments)
    worker = QuietWorker(
        app=app,
        # Whoever started it tells workers of several machines and parents apart.
        hostname=host_format(f"belfry-{os.getppid()}@%h"),
        pool_cls="threads",
        concurrency=THREADS,
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        beat_schedule=options.beat_schedule,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
