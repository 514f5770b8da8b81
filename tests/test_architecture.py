"""Who may import whom: the contracts in pyproject.toml, and that they would notice a breach."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = (
    "access",
    "api",
    "bench",
    "credentials",
    "embedded",
    "instances",
    "inventories",
    "jobs",
    "notifications",
    "observability",
    "outbound",
    "schedules",
    "scheduler_project",
    "workflows",
)


def check(directory: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and the contracts, to break."""
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    done = check(REPOSITORY)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_package_is_in_the_contracts() -> None:
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}

    assert packages == set(PACKAGES)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("jobs/statuses.py", "import schedules.models", "Each app imports only those below it"),
        ("access/models.py", "import jobs.models", "Each app imports only those below it"),
        ("outbound/addresses.py", "import api.installation", "Each app imports only those below it"),
        ("jobs/tasks.py", "import scheduler_project.celery", "Each app imports only those below it"),
        (
            "embedded/options.py",
            "from django.conf import settings",
            "The launcher imports no app and no framework",
        ),
        ("schedules/tasks.py", "import embedded.options", "No app imports the launcher"),
        ("schedules/tasks.py", "import workflows.models", "Each app imports only those below it"),
        ("workflows/graph.py", "import django.db", "Pure modules know no framework"),
        ("schedules/rule_text.py", "import django.db", "Pure modules know no framework"),
        (
            "schedules/zones.py",
            "import schedules.models",
            "Pure modules know no framework",
        ),
    ],
)
def test_forbidden_import_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    path.write_text(f"{path.read_text()}\n{line}\n")

    done = check(copy)

    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
