"""What Terraform's providers for AWX rely on: each field that they send comes back as it was sent."""

from typing import Any

import pytest

from tests.e2e.system import System

PROMPTS = (
    *(
        "scm_branch",
        "diff_mode",
        "variables",
        "limit",
        "tags",
        "skip_tags",
        "job_type",
        "verbosity",
        "inventory",
    ),
    *(
        "credential",
        "execution_environment",
        "labels",
        "forks",
        "job_slice_count",
        "timeout",
        "instance_groups",
    ),
)


@pytest.fixture(scope="session")
def ids(system: System) -> dict[str, Any]:
    """The numbers of what fields refer to."""

    def first(path: str) -> int:
        found: int = system.api.get(path).json()["results"][0]["id"]
        return found

    organization = first("organizations/?name=Default")
    other = system.create("organizations/", name="Echoing")["id"]
    return {
        "organization": organization,
        "other": other,
        "project": system.create(
            "projects/",
            name="Echoed service",
            organization=organization,
            scm_url="http://127.0.0.1:1",
            allow_override=True,
        )["id"],
        "credential_type": first("credential_types/?name=Machine"),
        "template": system.create(
            "job_templates/",
            name="Asks for all",
            endpoint="http://127.0.0.1/jobs/x",
            # It asks for one, so it must have one where a schedule names none.
            inventory=first("inventories/?name=Demo+Inventory"),
            **{f"ask_{prompt}_on_launch": True for prompt in PROMPTS},
        )["id"],
    }


def job_template(ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    texts = (
        "description",
        "limit",
        "job_tags",
        "skip_tags",
        "start_at_task",
        "host_config_key",
        "scm_branch",
    )
    flags = (
        *("force_handlers", "use_fact_cache", "become_enabled", "diff_mode", "allow_simultaneous"),
        *("prevent_instance_group_fallback", *(f"ask_{prompt}_on_launch" for prompt in PROMPTS)),
    )
    first = {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(flags, False),
        "name": "Echo",
        "job_type": "run",
        "playbook": "/jobs/hello",
        "project": ids["project"],
        "inventory": None,
        "forks": 0,
        "verbosity": 0,
        "timeout": 0,
        "job_slice_count": 1,
        "extra_vars": "",
        "survey_enabled": False,
        "webhook_service": "",
        "webhook_credential": None,
    }
    second = first | {
        **{name: f"a {name}, ünusual" for name in texts},
        **dict.fromkeys(flags, True),
        "name": "Echo again",
        "job_type": "check",
        "forks": 9,
        "verbosity": 3,
        "timeout": 40,
        "job_slice_count": 3,
        "extra_vars": "---\nrange: previous_day\n# a remark\n",
    }
    return first, second


def schedule(ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    nullable = ("inventory", "scm_branch", "job_type", "job_tags", "skip_tags", "limit", "diff_mode")
    numbers = ("verbosity", "forks", "job_slice_count", "timeout")
    first = {
        **dict.fromkeys((*nullable, *numbers)),
        "name": "Echo",
        "description": "",
        "unified_job_template": ids["template"],
        "enabled": False,
        "rrule": "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1",
        "extra_data": {},
    }
    second = first | {
        "name": "Echo again",
        "description": "Ünusual",
        "enabled": True,
        "rrule": "DTSTART;TZID=America/New_York:20300101T000000\nRRULE:INTERVAL=2;FREQ=WEEKLY;BYDAY=MO,FR",
        "extra_data": {"range": "today", "items": [1, 2.5, None, {"deep": True}]},
        "scm_branch": "main",
        "job_type": "check",
        "job_tags": "a,b",
        "skip_tags": "c",
        "limit": "some:!others",
        "diff_mode": False,
        "verbosity": 0,
        "forks": 0,
        "job_slice_count": 1,
        "timeout": 0,
    }
    return first, second


def project(ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    flags = ("scm_clean", "scm_delete_on_update", "scm_track_submodules", "allow_override")
    first = {
        **dict.fromkeys(flags, False),
        "name": "Echo",
        "description": "",
        "local_path": "",
        "scm_type": "",
        "scm_branch": "",
        "scm_url": "http://127.0.0.1:1",
        "scm_refspec": "",
        "credential": None,
        "timeout": 0,
        "organization": ids["organization"],
        "scm_update_on_launch": False,
        "scm_update_cache_timeout": 0,
    }
    second = first | {
        **dict.fromkeys(flags, True),
        "name": "Echo again",
        "description": "Ünusual",
        "scm_branch": "main",
        "timeout": 7,
        "scm_url": "http://127.0.0.1:1/below",
        "organization": ids["other"],
        "scm_refspec": "refs/*",
    }
    return first, second


def inventory(ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    first = {
        "name": "Echo",
        "description": "",
        "organization": ids["organization"],
        "kind": "",
        "host_filter": None,
        "variables": "",
    }
    return first, first | {"name": "Echo again", "description": "Ünusual", "variables": "---\nport: 80\n"}


def credential(ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    first = {
        "name": "Echo",
        "description": "",
        "organization": ids["organization"],
        "credential_type": ids["credential_type"],
        "inputs": {},
    }
    second = first | {
        "name": "Echo again",
        "description": "Ü",
        "inputs": {"username": "u", "become_method": "su"},
    }
    return first, second


def organization(_ids: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    first = {"name": "Echo", "description": "", "max_hosts": 0, "default_environment": None}
    return first, first | {"name": "Echo again", "description": "Ünusual", "max_hosts": 12}


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        ("job_templates/", job_template),
        ("schedules/", schedule),
        ("projects/", project),
        ("inventories/", inventory),
        ("credentials/", credential),
        ("organizations/", organization),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_each_field_comes_back_as_it_was_sent(
    system: System, ids: dict[str, Any], path: str, bodies: Any, method: str
) -> None:
    # An inventory is deleted in the background, and has its name until then.
    first, second = (body | {"name": f"{body['name']} by {method}"} for body in bodies(ids))

    made = system.create(path, **first)
    where = f"{path}{made['id']}/"
    read = [made, system.api.get(where).json()]
    changed = system.api.request(method, where, json=second)
    reread = [changed.json(), system.api.get(where).json()]
    deleted = system.api.delete(where)

    assert changed.status_code == 200, changed.text
    for answer in read:
        assert picked(answer, first) == typed(first)
    for answer in reread:
        assert picked(answer, second) == typed(second)
    assert deleted.status_code in (202, 204)


def picked(answer: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    return typed({name: answer.get(name, "absent") for name in sent})


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """So that 0 is not False, nor 1 True."""
    return {name: (type(value).__name__, value) for name, value in values.items()}
