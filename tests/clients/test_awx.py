"""The `awx` command, call by call as its users type it."""

import json
from typing import Any

from tests.clients.running import Clients
from tests.e2e.receiver import Receiver
from tests.e2e.system import PASSWORD, System

RULE = "DTSTART:20300101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"


def job_template(clients: Clients, name: str, endpoint: str) -> dict[str, Any]:
    made: dict[str, Any] = clients.awx(
        *("job_templates", "create", "--name", name, "--project", "Demo Project", "--playbook", endpoint),
        *("--extra_vars", '{"range": "previous_day"}', "--ask_variables_on_launch", "1"),
        *("--http_headers", '{"X-Team": "billing"}', "--success_status", "200-204", "--forks", "7"),
    )
    return made


def test_asks_who_it_is_and_what_there_is(clients: Clients) -> None:
    assert clients.awx("ping")["version"] == "24.6.1"
    assert clients.awx("me", "-f", "human").split() == ["id", "username", "==", "========", "1", "admin"]
    assert clients.awx("config")["token"] == clients.environment["CONTROLLER_OAUTH_TOKEN"]
    assert clients.awx("settings", "list", "--slug", "jobs")["AWX_CONTRACT"] == "documented"
    [latest, *_] = clients.awx("activity_stream", "list", "--order_by=-id")["results"]
    assert latest["operation"]


def test_changes_a_setting(clients: Clients) -> None:
    changed = clients.awx("settings", "modify", "CUSTOM_LOGIN_INFO", "Ask the team")

    assert changed == {"key": "CUSTOM_LOGIN_INFO", "value": "Ask the team"}
    assert clients.awx("settings", "list", "--slug", "system")["CUSTOM_LOGIN_INFO"] == "Ask the team"


def test_logs_in_by_password_and_says_when_it_is_wrong(clients: Clients, system: System) -> None:
    by_password = {
        "CONTROLLER_OAUTH_TOKEN": "",
        "CONTROLLER_USERNAME": "admin",
        "CONTROLLER_PASSWORD": PASSWORD,
    }

    in_session = clients.run_awx("labels", "list", **by_password)
    login = clients.run_awx("login", "--description", "laptop", "-f", "human", **by_password)
    refused = clients.run_awx("labels", "list", **by_password | {"CONTROLLER_PASSWORD": "wrong"})

    assert (in_session.returncode, in_session.stderr) == (0, "")
    assert login.stdout.startswith("export CONTROLLER_OAUTH_TOKEN=")
    assert system.api.get("tokens/?description=laptop").json()["count"] == 1
    assert refused.returncode == 1
    assert "Valid credentials were not provided." in refused.stderr


def test_schedule_is_made_found_by_its_name_changed_and_deleted(clients: Clients) -> None:
    template = clients.awx("job_templates", "get", "Demo Job Template")

    made = clients.awx(
        *("schedules", "create", "--name", "Nightly", "--rrule", RULE),
        *("--unified_job_template", str(template["id"]), "--enabled", "false"),
    )
    changed = clients.awx(
        "schedules", "modify", "Nightly", "--enabled", "true", "--description", "each night"
    )
    found = clients.awx("schedules", "get", "Nightly")
    listed = clients.awx(
        "schedules", "list", "--unified_job_template", str(template["id"]), "--name", "Nightly"
    )
    clients.awx("schedules", "delete", "Nightly")
    gone = clients.run_awx("schedules", "get", "Nightly")

    assert (made["rrule"], made["enabled"]) == (RULE, False)
    assert (changed["enabled"], changed["description"]) == (True, "each night")
    assert found["next_run"] == "2030-01-01T02:00:00Z"
    assert [row["id"] for row in listed["results"]] == [made["id"]]
    assert gone.returncode == 2
    assert "Could not find any schedules with that name." in gone.stderr


def test_refusals_are_shown_in_the_servers_words(clients: Clients) -> None:
    template = clients.awx("job_templates", "get", "Demo Job Template")["id"]

    refused = clients.refused(
        *("schedules", "create", "--name", "Never", "--unified_job_template", str(template)),
        *("--rrule", "DTSTART:20300101T020000Z RRULE:FREQ=SECONDLY;INTERVAL=1"),
    )

    assert list(refused) == ["rrule"]
    assert "SECONDLY is not supported" in refused["rrule"][0]


def test_job_is_launched_waited_for_and_read(clients: Clients, service: Receiver) -> None:
    made = job_template(clients, "From the shell", f"{service.url}/jobs/x")

    job = clients.awx(
        *("job_templates", "launch", "From the shell", "--extra_vars", '{"range": "today"}'),
        *("--wait", "--interval", "2.5"),
    )
    stdout = clients.awx("jobs", "stdout", str(job["id"]))
    listed = clients.awx("jobs", "list", "--name", "From the shell", "--status", "successful")

    assert (made["endpoint"], made["forks"]) == (f"{service.url}/jobs/x", 7)
    assert made["http_headers"] == {"X-Team": "billing"}
    assert job["status"] == "successful"
    assert service.calls[0].body["range"] == "today"
    assert service.calls[0].headers["X-Team"] == "billing"
    assert "Outcome: the endpoint answered as expected" in stdout
    assert [row["id"] for row in listed["results"]] == [job["id"]]


def test_project_is_updated(clients: Clients) -> None:
    update = clients.awx("projects", "update", "Demo Project", "--wait", "--interval", "2.5")

    assert update["status"] == "successful"
    assert "/openapi.json" in clients.awx("project_updates", "stdout", str(update["id"]))


def test_failed_job_ends_the_command_with_one(clients: Clients) -> None:
    job_template(clients, "Fails", "/jobs/there-is-none")

    ended = clients.run_awx(
        "job_templates", "launch", "Fails", "--monitor", "--interval", "2.5", "-f", "human"
    )

    assert ended.returncode == 1
    assert "HTTP 404" in ended.stdout


def test_workflow_is_made_launched_and_watched(clients: Clients, service: Receiver) -> None:
    template = job_template(clients, "Step", f"{service.url}/jobs/step")
    workflow = clients.awx("workflow_job_templates", "create", "--name", "Steps", "--organization", "Default")
    clients.awx(
        *("workflow_job_template_nodes", "create", "--workflow_job_template", str(workflow["id"])),
        *("--unified_job_template", str(template["id"])),
    )

    ended = clients.run_awx(
        *("workflow_job_templates", "launch", "Steps", "--monitor", "--interval", "2.5", "-f", "human")
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "- Step successful" in ended.stdout
    assert [call.path for call in service.calls] == ["/jobs/step"]


def test_templates_are_launched_in_bulk(clients: Clients) -> None:
    template = job_template(clients, "Many", "/jobs/hello")["id"]
    jobs = [{"unified_job_template": template, "extra_data": {"range": name}} for name in ("one", "two")]

    # Without --wait: awxkit forgets the interval of this command, and fails.
    job = clients.awx(
        "bulk", "job_launch", "--name", "Both", "--organization", "Default", "--jobs", json.dumps(jobs)
    )
    nodes = clients.awx("workflow_job_nodes", "list", "--workflow_job", str(job["id"]))

    assert (job["type"], job["name"]) == ("workflow_job", "Both")
    assert [node["extra_data"] for node in nodes["results"]] == [{"range": "one"}, {"range": "two"}]


def test_credential_is_associated_and_disassociated(clients: Clients) -> None:
    job_template(clients, "Authenticated", "/jobs/hello")
    clients.awx(
        *("credentials", "create", "--name", "Token of the shell", "--organization", "Default"),
        *("--credential_type", "HTTP Bearer Token", "--inputs", '{"token": "s3cret"}'),
    )

    command = ("job_templates", "associate", "Authenticated", "--credential", "Token of the shell")
    associated = clients.awx(*command)
    disassociated = clients.awx(command[0], "disassociate", *command[2:])

    assert [row["inputs"] for row in associated["results"]] == [{"token": "$encrypted$"}]
    assert disassociated["count"] == 0


def test_labels_and_tokens(clients: Clients) -> None:
    label = clients.awx("labels", "create", "--name", "nightly", "--organization", "Default")
    token = clients.awx("tokens", "create", "--description", "to read", "--scope", "read")
    clients.awx("tokens", "delete", str(token["id"]))

    assert clients.awx("labels", "get", "nightly")["id"] == label["id"]
    assert token["id"] not in [row["id"] for row in clients.awx("tokens", "list")["results"]]


def test_inventory_and_its_hosts(clients: Clients) -> None:
    made = clients.awx(
        *(
            "inventory",
            "create",
            "--name",
            "Shell",
            "--organization",
            "Default",
            "--variables",
            '{"port": 80}',
        )
    )
    clients.awx("hosts", "create", "--name", "one.example.com", "--inventory", "Shell")
    hosts = clients.awx("hosts", "list", "--inventory", str(made["id"]))

    assert made["variables"] == '{"port": 80}'
    assert [row["name"] for row in hosts["results"]] == ["one.example.com"]


def test_users_and_teams_are_given_roles(clients: Clients, system: System) -> None:
    made = clients.awx("users", "create", "--username", "shell", "--password", PASSWORD)
    team = clients.awx("teams", "create", "--name", "Shell", "--organization", "Default")
    where = f"users/{made['id']}/roles/"

    clients.awx("users", "grant", "shell", "--role", "execute", "--job_template", "Demo Job Template")
    clients.awx("users", "grant", "shell", "--role", "member", "--team", "Shell")
    clients.awx("teams", "grant", "Shell", "--role", "read", "--organization", "Default")
    granted = [role["name"] for role in system.api.get(where).json()["results"]]
    clients.awx("users", "revoke", "shell", "--role", "execute", "--job_template", "Demo Job Template")
    clients.awx("users", "modify", "shell", "--first_name", "Shelly")

    assert sorted(granted) == ["Execute", "Member"]
    assert [role["name"] for role in system.api.get(where).json()["results"]] == ["Member"]
    assert system.api.get(f"teams/{team['id']}/roles/").json()["count"] == 1
    assert clients.awx("users", "get", "shell")["first_name"] == "Shelly"
