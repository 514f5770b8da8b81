import json
import os
import re
import subprocess
from datetime import datetime

from tests.e2e.system import PASSWORD, ROOT, System


def test_tour_of_the_readme_ends_with_the_endpoints_answer(system: System) -> None:
    [tour] = re.findall(
        r"e2e/test_readme.py .*?```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    lines = tour.strip().splitlines()
    (system.data_dir / "admin_password").write_text(PASSWORD)
    script = tour.replace("localhost:8000", f"127.0.0.1:{system.port}").replace(
        "var/admin_password", str(system.data_dir / "admin_password")
    )

    shell = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=120, check=True, env=os.environ
    )

    assert len(lines) == 5
    preview, schedule, jobs = (json.loads(line) for line in shell.stdout.splitlines() if line)
    [job] = jobs["results"]
    assert len(preview["utc"]) == 10
    assert job["status"] == "successful"
    assert job["artifacts"]["received"]["range"] == "previous_day"
    assert job["scheduled_for"] == schedule["next_run"] == preview["utc"][0]
    # A second as a rule; a busy machine may be late, but not by a beat.
    lateness = datetime.fromisoformat(job["started"]) - datetime.fromisoformat(job["scheduled_for"])
    assert 0 <= lateness.total_seconds() < 10
