"""The stand-in's web process, on the bound socket whose number is its argument."""

import sys

from gunicorn.app.wsgiapp import run

if __name__ == "__main__":
    sys.argv[1:] = [
        "scheduler_project.wsgi:application",
        "--bind",
        f"fd://{sys.argv[1]}",
        "--no-control-socket",
    ]
    run()
