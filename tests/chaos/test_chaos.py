"""A short ordeal loses and doubles nothing; the same without a guard is seen to."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.system import NOT_INHERITED, ROOT


def undergo(*options: str) -> tuple[int, dict[str, Any]]:
    environment = {name: text for name, text in os.environ.items() if name not in NOT_INHERITED}
    ordeal = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *options],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ordeal.stdout, ordeal.stderr
    figures: dict[str, Any] = json.loads(ordeal.stdout.splitlines()[-1])
    return ordeal.returncode, figures


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_stuck() -> None:
    status, figures = undergo("--occurrences=1000", "--seconds=60", "--faults=20", "--seed=20300101")

    assert (figures["lost"], figures["doubled"], figures["stuck"]) == (0, 0, 0), figures
    assert status == 0
    assert figures["occurrences"] == 1000
    assert figures["kills"] >= 10, figures
    assert figures["statuses"]["successful"] >= 900, figures


@pytest.mark.slow
def test_ordeal_notices_a_guard_that_is_missing() -> None:
    status, figures = undergo("--occurrences=300", "--seconds=10", "--faults=0", "--unguarded")

    assert status == 1
    assert figures["doubled"] > 0, figures
