"""Recorded requests to a real AWX server, played against a whole Belfry: what must not differ, does not.

The recordings lie beside the project, or where BELFRY_CONFORMANCE says.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.system import PASSWORD, ROOT, System

RECORDINGS = Path(os.environ.get("BELFRY_CONFORMANCE", ROOT.parent / "shared" / "conformance"))

pytestmark = pytest.mark.skipif(
    not (RECORDINGS / "replay.py").exists(),
    reason=f"there are no recordings in {RECORDINGS} (BELFRY_CONFORMANCE)",
)


# What is meant to differ, and why (docs/awx-compatibility.md).
DEVIATIONS = Path(__file__).parent / "deviations.json"
# The later ones of setup, auth, list-query, schedule-crud, resources need what the
# earlier ones make: they are sent in any case.
CLEAN = "preview,zoneinfo,root,setup,auth,list-query,schedule-crud,resources"
# Of `documented` alone the replay would send most of those, too, and compare none.
DOCUMENTED = "setup,documented"


@pytest.mark.parametrize(("contract", "groups"), [("server", CLEAN), ("documented", DOCUMENTED)])
def test_replay_finds_no_difference(contract: str, groups: str, tmp_path: Path) -> None:
    with System(tmp_path / "var", AWX_CONTRACT=contract, PROCESSES="web") as system:
        replay = subprocess.run(
            [
                *(sys.executable, str(RECORDINGS / "replay.py"), "--groups", groups),
                *("--deviations", str(DEVIATIONS)),
                *("--base", system.base, "--admin", f"admin:{PASSWORD}"),
            ],
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

    assert replay.returncode == 0, replay.stdout + replay.stderr
    for group in groups.split(","):
        assert f"{group} " in replay.stdout
