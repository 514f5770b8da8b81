"""What a whole Belfry's processes log, from their first lines on."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.receiver import Receiver
from tests.e2e.system import System
from tests.e2e.test_firing import make_template


@pytest.mark.parametrize(("process", "first"), [("web", "Web process listens"), ("worker", "Engine belfry-")])
def test_every_line_is_an_object(system: System, process: str, first: str) -> None:
    lines = logged(system, process)

    assert any(line["message"].startswith(first) for line in lines)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


def test_lines_about_a_run_have_its_id(system: System, receiver: Receiver) -> None:
    template = make_template(system, receiver)
    launched = system.create(f"job_templates/{template['id']}/launch/")
    [job] = system.wait_for_jobs(f"job_templates/{template['id']}/jobs/", 1)

    about_runs = [line for line in logged(system, "worker") if "job_id" in line or "run_id" in line]

    assert (launched["job"], job["run_id"]) in [(line["job_id"], line["run_id"]) for line in about_runs]
    assert all({"job_id", "run_id"} <= line.keys() for line in about_runs)


def test_last_lines_are_objects_too(tmp_path: Path) -> None:
    with System(tmp_path / "data") as system:
        pass

    assert logged(system, "web")
    assert "The worker stops." in [line["message"] for line in logged(system, "worker")]


def logged(system: System, process: str) -> list[dict[str, Any]]:
    text = (system.data_dir / "log" / f"{process}.log").read_text()
    # The last line may be half written.
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
