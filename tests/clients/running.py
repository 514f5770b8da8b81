"""AWX's own clients, as `make clients` installs them, told where a Belfry is."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from tests.e2e.system import ROOT, System

FORKS = Path(__file__).with_name("awx_forks.py")
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
    """The `awx` command and Ansible with the collection awx.awx; a warning of theirs is a failure.

    Entered: `awx` is loaded, which takes longer than most of its calls, and forked for each of them.
    """

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

    def __enter__(self) -> Self:
        self._awx = subprocess.Popen(
            [PROGRAMS / "python", FORKS],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._awx.communicate(timeout=WITHIN)

    def run_awx(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        with TemporaryDirectory() as folder:
            files = {name: Path(folder, name) for name in ("stdin", "stdout", "stderr")}
            files["stdin"].write_text(stdin)
            order = {
                "arguments": arguments,
                "environment": self.environment | environment,
                "within": WITHIN,
                **{name: str(path) for name, path in files.items()},
            }
            assert self._awx.stdin is not None
            assert self._awx.stdout is not None
            print(json.dumps(order), file=self._awx.stdin, flush=True)
            status = int(self._awx.stdout.readline())
            return subprocess.CompletedProcess(
                ("awx", *arguments), status, files["stdout"].read_text(), files["stderr"].read_text()
            )

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    def awx(self, *arguments: str, stdin: str = "") -> Any:
        """What `awx` answers, read as JSON where it is JSON."""
        ended = self.run_awx(*arguments, stdin=stdin)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
        try:
            return json.loads(ended.stdout)
        except ValueError:
            return ended.stdout

    def refused(self, *arguments: str) -> Any:
        """The server's words when `awx` ends with 1."""
        ended = self.run_awx(*arguments)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def play(self, *playbooks: Path, **variables: str) -> list[list[Task]]:
        """The tasks of each playbook, played one after the other by a command that ended well.

        Ansible packs each module once for a command, which takes longer than to run it.
        """
        ended = self.run("ansible-playbook", *map(str, playbooks), "--extra-vars", json.dumps(variables))
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
        # After each playbook all plays so far are told.
        last = "{" + f"\n{ended.stdout}".rpartition("\n{")[2]
        played = [
            [Task(task["task"]["name"], task["hosts"]["localhost"]) for task in play["tasks"]]
            for play in json.loads(last)["plays"]
        ]
        assert len(played) == len(playbooks)
        warned = {
            task.name: task.result["warnings"]
            for tasks in played
            for task in tasks
            if task.result.get("warnings")
        }
        assert not warned, warned
        return played
