"""The process of one bench: `python -m bench.process NAME [SIZE]`, with the settings of Belfry in the environment."""

import importlib
import os
import sys

import django


def main(name: str, size: str = "") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "scheduler_project.settings"
    django.setup()
    # As workers do before they begin. Models can be imported only now.
    from jobs.execution.worker import collect_less  # noqa: PLC0415

    collect_less()
    bench = importlib.import_module(f"bench.{name}")
    chosen, smallest = int(size) if size else bench.SIZE, getattr(bench, "SMALLEST", 1)
    if chosen < smallest:
        sys.exit(f"The bench {name} needs a SIZE of {smallest:,} or more.")
    for figure in bench.run(chosen):
        sys.stdout.write(figure.as_line() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
