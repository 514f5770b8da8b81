import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report import Figure

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_a_bench_prints_its_figures_as_lines_of_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.process", "recurrence", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    figures = [json.loads(line) for line in done.stdout.splitlines()]
    names = [figure["name"] for figure in figures]
    assert names[-2:] == ["recurrence.next.median", "recurrence.next.worst"]
    assert len(names) == len(set(names)) == 17
    assert all(figure["value"] > 0 and figure["unit"] == "ms" for figure in figures)
    assert set(figures[0]["versions"]) == {"belfry", "python", "django", "postgres"}


@pytest.mark.parametrize(("name", "smallest"), [("tick", "30,000"), ("api", "50,000"), ("calls", "1")])
def test_a_bench_refuses_a_size_that_is_too_small(name: str, smallest: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.process", name, "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"The bench {name} needs a SIZE of {smallest} or more.\n"


@pytest.mark.django_db
def test_a_figure_says_what_it_is_compared_with() -> None:
    line = json.loads(Figure("n", 12.3456, "ms", ratio=0.5, floor=6.17, sizes={"rows": 3}).as_line())

    line.pop("versions")
    assert line == {
        "name": "n",
        "value": 12.35,
        "unit": "ms",
        "floor": 6.17,
        "ratio": 0.5,
        "sizes": {"rows": 3},
    }
