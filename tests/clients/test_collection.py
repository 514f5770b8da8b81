"""Ansible's collection awx.awx: what it makes is there when it runs again."""

from pathlib import Path

from tests.clients.running import Clients, Task
from tests.e2e.receiver import Receiver
from tests.e2e.system import ROOT, System
from tests.jobs.execution.conftest import eventually

PLAYBOOKS = Path(__file__).parent


def changed(tasks: list[Task]) -> list[str]:
    return [task.name for task in tasks if task.changed]


def test_example_for_those_who_come_from_awx(clients: Clients, service: Receiver) -> None:
    example = ROOT / "docs" / "examples" / "from-awx.yml"

    first, second = clients.play(example, example, service=service.url, token="s3cret-of-the-service")

    assert changed(first) == [task.name for task in first[:5]]
    assert changed(second) == []
    assert first[-1].result["status"] == second[-1].result["status"] == "successful"
    assert [call.path for call in service.calls] == ["/jobs/close-day"] * 2
    assert service.calls[0].headers["Authorization"] == "Bearer s3cret-of-the-service"
    assert service.calls[0].body["range"] == "today"


def test_each_module_finds_what_it_made(clients: Clients, service: Receiver) -> None:
    playbook = PLAYBOOKS / "collection.yml"

    first, second = clients.play(playbook, playbook, service=service.url)

    unchanged = [task.name for task in first if not task.changed]
    assert unchanged == ["Job template by its named URL"]
    assert changed(second) == []


def test_each_module_acts(clients: Clients, service: Receiver) -> None:
    clients.awx("projects", "update", "Demo Project", "--wait", "--interval", "2.5")

    with Receiver(delay=60) as slow:
        [tasks] = clients.play(PLAYBOOKS / "collection_actions.yml", quick=service.url, slow=slow.url)

    result = {task.name: task.result for task in tasks}
    assert [task.name for task in tasks if not task.changed] == [
        "Wait",
        "Cancel what has ended",
        "List",
        "What there is",
        # Its catalogue has been fetched before, and says the same.
        "Update of a project",
        "Look up",
        "Deletion of what is gone",
    ]
    assert result["Launch and wait"]["status"] == "successful"
    assert service.calls[0].body["dryRun"] is True
    assert service.calls[0].body["range"] == "now"
    assert [job["id"] for job in result["List"]["results"]] == [result["Launch and wait"]["id"]]
    assert result["Update of a project"]["status"] == "successful"
    assert result["Look up"]["msg"] == ["Quick"]
    assert result["Launch in bulk"]["status"] == "successful"
    assert {call.body["range"] for call in service.calls[1:]} == {"first", "second"}


def test_workflow_is_made_found_again_launched_approved_and_denied(
    clients: Clients, service: Receiver, system: System
) -> None:
    workflows = PLAYBOOKS / "collection_workflows.yml"

    first, second, tasks = clients.play(
        workflows, workflows, PLAYBOOKS / "collection_approval.yml", service=service.url
    )

    assert [task.name for task in first if not task.changed] == []
    assert changed(second) == []
    result = {task.name: task.result for task in tasks}
    assert [task.name for task in tasks if not task.changed] == ["Wait"]
    assert result["Wait"]["status"] == "successful"
    denied = f"workflow_jobs/{result['Launch another']['id']}/"
    eventually(lambda: system.api.get(denied).json()["status"] == "failed")
    eventually(lambda: system.api.get("notifications/?status=pending").json()["count"] == 0)
    stages = [call.body["stage"] for call in service.calls if call.path == "/jobs/move"]
    assert stages == ["build", "deliver", "build"]
    assert {call.body["range"] for call in service.calls if call.path == "/jobs/move"} == {
        "today",
        "previous_day",
    }
    said = [call.body.get("said") for call in service.calls if call.path == "/hook"]
    assert said.count("Approve the release is running") == 2
    assert said.count("Release is successful") == 1
