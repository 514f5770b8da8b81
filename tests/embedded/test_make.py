"""`make run` from wherever the clone lies."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_make_run_starts_from_a_folder_with_a_space_in_its_name(tmp_path: Path) -> None:
    clone = tmp_path / "my clone"
    for folder in ("embedded", "requirements", ".venv/bin"):
        (clone / folder).mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", clone)
    shutil.copy(ROOT / "embedded" / "shim.py", clone / "embedded")
    (clone / "embedded" / "__main__.py").write_text("print('started')")
    for file in ("requirements/run.txt", "requirements/production.txt", ".venv/installed-run"):
        (clone / file).touch()
    (clone / ".venv/bin/python").symlink_to(sys.executable)

    # Not the environment of a make that runs the tests.
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    made = subprocess.run(
        ["make", "run"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )

    assert (made.returncode, made.stdout, made.stderr) == (0, "started\n", "")
