import json
import re
from pathlib import Path

from tests.clients.running import Clients
from tests.e2e.system import PASSWORD, ROOT, System


def test_lines_of_the_readme_for_those_who_come_from_awx(
    clients: Clients, system: System, tmp_path: Path
) -> None:
    [lines] = re.findall(
        r"clients/test_readme.py .*?```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    (tmp_path / "admin_password").write_text(PASSWORD)
    for written, here in {
        "http://localhost:8000": system.base,
        "var/admin_password": str(tmp_path / "admin_password"),
        "belfry.json": str(tmp_path / "belfry.json"),
    }.items():
        lines = lines.replace(written, here)

    shell = clients.run("bash", "-euc", lines, CONTROLLER_OAUTH_TOKEN="")

    assert (shell.returncode, shell.stderr) == (0, ""), shell.stdout + shell.stderr
    assert len(lines.splitlines()) == 5
    assert "Nightly report" in shell.stdout
    assert re.search(r"Every night +2030-01-01T01:00:00Z", shell.stdout)
    assert "Outcome: the endpoint answered as expected" in shell.stdout
    exported = json.loads((tmp_path / "belfry.json").read_text())
    [template] = exported["job_templates"]
    [schedule] = template["related"]["schedules"]
    assert template["playbook"] == "/jobs/hello"
    assert template["project"]["name"] == "Demo Project"
    assert schedule["name"] == "Every night"
