"""`awx export` of one Belfry, taken in by another with `awx import`."""

import json
from pathlib import Path
from typing import Any

from tests.clients.running import Clients
from tests.e2e.system import PASSWORD, System

RULE = "DTSTART;TZID=Europe/Berlin:20300101T020000 RRULE:FREQ=DAILY;INTERVAL=1"


def fill(system: System) -> None:
    """One of each kind, as few as show how they hang together."""
    organization = system.create("organizations/", name="Billing", description="Ünusual", max_hosts=5)["id"]
    user = system.create("users/", username="biller", password=PASSWORD, email="biller@example.com")
    team = system.create("teams/", name="Billers", organization=organization)
    kind = system.create(
        "credential_types/",
        name="Signature",
        kind="cloud",
        inputs={"fields": [{"id": "key", "type": "string", "label": "Key", "secret": True}]},
        injectors={"headers": {"X-Signature": "{{ key }}"}},
    )
    credential = system.create(
        "credentials/",
        name="Signed",
        organization=organization,
        credential_type=kind["id"],
        inputs={"key": "s3cret"},
    )
    [demonstration] = system.api.get("projects/?name=Demo+Project").json()["results"]
    # The command waits for the first update of a project that it makes: of one without a catalogue, in vain.
    project = system.create(
        "projects/",
        name="Service",
        organization=organization,
        scm_url=demonstration["scm_url"],
        catalog_url=demonstration["catalog_url"],
    )
    inventory = system.create(
        "inventories/", name="Servers", organization=organization, variables="port: 80"
    )["id"]
    host = system.create("hosts/", name="one", inventory=inventory, variables="zone: a")
    group = system.create("groups/", name="first", inventory=inventory)
    template = system.create(
        "job_templates/",
        name="Close the day",
        project=project["id"],
        playbook="/jobs/close-day",
        http_method="PUT",
        http_headers={"X-Team": "billing"},
        extra_vars='{"range": "previous_day"}',
        ask_variables_on_launch=True,
    )
    schedule = system.create(
        "schedules/",
        name="Nightly",
        unified_job_template=template["id"],
        rrule=RULE,
        extra_data={"range": "today"},
        enabled=False,
    )
    for path, body in {
        f"groups/{group['id']}/hosts/": {"id": host["id"]},
        f"job_templates/{template['id']}/credentials/": {"id": credential["id"]},
        f"job_templates/{template['id']}/labels/": {"name": "nightly", "organization": organization},
        **{
            f"roles/{role['id']}/{whose}/": {"id": who["id"]}
            for role, whose, who in (
                (template["summary_fields"]["object_roles"]["execute_role"], "users", user),
                (team["summary_fields"]["object_roles"]["member_role"], "users", user),
                (project["summary_fields"]["object_roles"]["admin_role"], "teams", team),
            )
        },
    }.items():
        assert system.api.post(path, json=body).status_code in (201, 204), path
    assert schedule["enabled"] is False


def with_secrets(exported: dict[str, Any]) -> dict[str, Any]:
    """An export has `$encrypted$` where it knew a secret; who imports it writes them in."""
    for user in exported["users"]:
        user["password"] = PASSWORD
    for credential in exported["credentials"]:
        credential["inputs"] = {
            name: "s3cret" if value == "$encrypted$" else value
            for name, value in credential["inputs"].items()
        }
    return exported


def in_order(exported: Any) -> Any:
    if isinstance(exported, dict):
        return {name: in_order(value) for name, value in exported.items()}
    if isinstance(exported, list):
        return sorted((in_order(value) for value in exported), key=json.dumps)
    return exported


def test_import_of_an_export_makes_the_same(tmp_path: Path) -> None:
    with (
        System(tmp_path / "first") as first,
        System(tmp_path / "second") as second,
        Clients(first, tmp_path) as old,
        Clients(second, tmp_path) as new,
    ):
        fill(first)

        exported = old.awx("export")
        new.awx("import", stdin=json.dumps(with_secrets(json.loads(json.dumps(exported)))))
        again = new.awx("export")

    assert {name for name, assets in exported.items() if assets} >= {"users", "teams", "job_templates"}
    assert in_order(again) == in_order(exported)
