"""AWX's own clients, as `make clients` installs them, told where a Belfry is."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.system import ROOT, System

PROGRAMS = ROOT / ".venv-clients" / "bin"
WITHIN = 300
# Said by awxkit of the setuptools that it wants, whatever the server.
NOT_OURS = "ignore:pkg_resources is deprecated"


@dataclass(frozen=True)
class Task:
    name: str
    result: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])


class Clients:
    """The `awx` command and Ansible with the collection awx.awx; a warning of theirs is a failure."""

    def __init__(self, system: System, folder: Path) -> None:
        self.environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": NOT_OURS,
            "CONTROLLER_HOST": system.base,
            "CONTROLLER_OAUTH_TOKEN": system.create("tokens/", scope="write")["token"],
            "CONTROLLER_COLOR": "f",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            # Without it each task would look for what else can run Python on this machine.
            "ANSIBLE_PYTHON_INTERPRETER": str(PROGRAMS / "python"),
        }

    def run(self, *command: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    def awx(self, *arguments: str, stdin: str = "") -> Any:
        """What `awx` answers, read as JSON where it is JSON."""
        ended = self.run("awx", *arguments, stdin=stdin)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
        try:
            return json.loads(ended.stdout)
        except ValueError:
            return ended.stdout

    def refused(self, *arguments: str) -> Any:
        """The server's words when `awx` ends with 1."""
        ended = self.run("awx", *arguments)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def play(self, playbook: Path, **variables: str) -> list[Task]:
        """The tasks of a playbook that ended well."""
        ended = self.run("ansible-playbook", str(playbook), "--extra-vars", json.dumps(variables))
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
        tasks = [
            Task(task["task"]["name"], task["hosts"]["localhost"])
            for play in json.loads(ended.stdout)["plays"]
            for task in play["tasks"]
        ]
        warned = {task.name: task.result["warnings"] for task in tasks if task.result.get("warnings")}
        assert not warned, warned
        return tasks
