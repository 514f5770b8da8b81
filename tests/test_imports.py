"""What a process of Belfry's holds in memory, and what not: modules that are read stay."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
WORKER = "import scheduler_project.worker as worker; worker.app.loader.import_default_modules()"
WEB = "import scheduler_project.web, scheduler_project.wsgi"


def modules_after(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("program", "needed", "unneeded"),
    [
        (
            WORKER,
            {"jobs.execution.engine", "schedules.tasks", "aiohttp"},
            {"rest_framework.serializers", "scheduler_project.urls", "jinja2", "prompt_toolkit"},
        ),
        (
            WEB,
            {"scheduler_project.urls", "schedules.api.calendars", "credentials.api.testing"},
            {
                *(
                    "aiohttp",
                    "icalendar",
                    "django.test",
                    "drf_spectacular.openapi",
                    "redis",
                    "celery.bin.celery",
                ),
                "schedules.migrations.0001_initial",
            },
        ),
        (
            "import embedded.__main__",
            {"embedded.supervisor"},
            {"http.client", "ssl", "hashlib", "importlib.metadata", "django"},
        ),
        ("import embedded.example_endpoint", {"json"}, {"http.server", "ssl", "django"}),
    ],
)
def test_process_reads_what_it_needs_and_no_more(program: str, needed: set[str], unneeded: set[str]) -> None:
    read = modules_after(program)

    assert needed - read == set()
    assert unneeded & read == set()
