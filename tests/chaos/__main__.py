"""Schedules come due while processes and engines are killed, frozen and emptied; the last line is the verdict, as JSON.

It brings up engines of its own, and ends with 1 where anything was lost, doubled or stuck.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from pathlib import Path

import django

from tests.chaos.processes import Processes, commands
from tests.engines import Engines

LEASE_SECONDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--occurrences", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=900, help="in which they are due")
    parser.add_argument("--faults", type=int, default=90)
    parser.add_argument("--grace", type=int, default=300, help="seconds after which all must have ended")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--unguarded", action="store_true", help="take a guard away, to see it noticed")
    options = parser.parse_args()
    engines = Engines()
    settings = {
        **engines.start(),
        "SCHEDULER_POLL_INTERVAL": "2",
        "EXECUTION_LEASE_SECONDS": str(LEASE_SECONDS),
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
    }
    os.environ.update(settings)
    django.setup()
    from tests.chaos.ordeal import Ordeal  # noqa: PLC0415 (Django can be set up only now: it reads the engines' URLs)

    ordeal = Ordeal(
        occurrences=options.occurrences,
        seconds=options.seconds,
        faults=options.faults,
        grace=options.grace,
        seed=options.seed,
        is_unguarded=options.unguarded,
    )
    with tempfile.TemporaryDirectory(prefix="belfry-chaos-") as folder:
        processes = Processes(Path(folder), commands(Path(folder), beats=2, workers=3), settings)
        try:
            verdict, figures = ordeal.undergo(engines, processes, LEASE_SECONDS)
        finally:
            processes.close()
            engines.stop()
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
