"""A database cluster that is made and migrated once in a run of the tests: each System starts on a copy.

`make run` makes and migrates one at its first start, and tests/smoke.py sees that it does.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from embedded.data_directory import DataDirectory

# What of a data directory belongs to its cluster.
PARTS = ("postgres", "database_password")


def copy_cluster(data_dir: Path, project: Path, environment: dict[str, str]) -> None:
    """Begin the data directory of a Belfry that is started with `environment` with a migrated database."""
    engines = Path(os.environ["BELFRY_DATA_DIR"])
    made = engines / "cluster"
    with (engines / "making-cluster").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = engines / "unfinished-cluster"
            subprocess.run(
                [sys.executable, "-m", "embedded", "manage", "migrate", "--no-input", "--verbosity=0"],
                env={**environment, "BELFRY_DATA_DIR": str(unfinished)},
                cwd=project,
                check=True,
            )
            unfinished.rename(made)
    DataDirectory(data_dir).create()
    # With its owners, which are not ours where the tests are run by root.
    subprocess.run(["cp", "-a", *(made / part for part in PARTS), data_dir], check=True)
