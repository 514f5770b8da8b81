"""`python -m scheduler_project.web FD`: the web process of `make run`, on a TCP socket that is bound already.

It is gunicorn's worker of threads, as in production, without the process that gunicorn puts above its workers: that one
would cost 14 MB to do what the launcher does for every process, which is to start it again when it ends. As under
gunicorn, requests that are on their way come to their end, and it ends itself when its parent is gone.
"""

import os
import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets
from gunicorn.workers.gthread import ThreadWorker

from observability.logs import LOGGING


class Site(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn serves here, and how."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"fd://{self._fd}",
            "threads": 8,
            # The launcher gives it ten.
            "graceful_timeout": 8,
            "accesslog": "-",
            "logconfig_dict": LOGGING,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from scheduler_project.wsgi import application  # noqa: PLC0415 - it logs, so logs come first

        return application


def main(fd: int) -> None:
    """Serve until SIGTERM."""
    site = Site(fd)
    log = site.cfg.logger_class(site.cfg)
    sockets = create_sockets(site.cfg, log)
    log.info("Web process listens on %s", ", ".join(map(str, sockets)))
    ThreadWorker(1, os.getppid(), sockets, site, site.cfg.timeout, site.cfg, log).init_process()


if __name__ == "__main__":
    main(int(sys.argv[1]))
