"""Runs benches, each in a process and a database of its own, on engines that are as durable as those of `make run`.

A figure is a line of JSON on the standard output. The exit status is 1 where a bench failed.
"""

import argparse
import os
import subprocess
import sys
import time

from bench import BENCHES
from bench.databases import copied
from tests.engines import Engines


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--name", choices=BENCHES, help="this one alone")
    parser.add_argument(
        "--size", type=int, help="how much is stored, or asked; each bench has its own default"
    )
    options = parser.parse_args()
    engines = Engines(durable=True)
    try:
        settings = engines.start()
        _run("manage.py", "migrate", "--verbosity=0", environment=settings)
        failed = [
            name
            for name in ([options.name] if options.name else BENCHES)
            if not _measure(name, options.size, settings)
        ]
    finally:
        engines.stop()
    if failed:
        sys.stderr.write(f"Failed: {', '.join(failed)}\n")
    return 1 if failed else 0


def _measure(name: str, size: int | None, settings: dict[str, str]) -> bool:
    """Whether the bench succeeded. Its database is a copy of the migrated one, and removed afterwards."""
    began = time.monotonic()
    asked = [] if size is None else [str(size)]
    with copied(settings["DATABASE_URL"], f"bench_{name}") as url:
        done = _run("-m", "bench.process", name, *asked, environment={**settings, "DATABASE_URL": url})
    sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return done


def _run(*arguments: str, environment: dict[str, str]) -> bool:
    """Whether this Python succeeded with the arguments."""
    return not subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **environment}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
