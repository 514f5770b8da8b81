"""What a message may say: the fields of a run, and some words of its own (AWX's list)."""

from collections.abc import Mapping
from typing import Any

FIELDS = (
    *("id", "type", "url", "created", "modified", "name", "description", "job_type", "playbook", "forks"),
    *("limit", "verbosity", "job_tags", "force_handlers", "skip_tags", "start_at_task", "timeout"),
    *("use_fact_cache", "launch_type", "status", "failed", "started", "finished", "elapsed"),
    *(
        "job_explanation",
        "failure_reason",
        "execution_node",
        "controller_node",
        "allow_simultaneous",
        "scm_revision",
    ),
    *("diff_mode", "job_slice_number", "job_slice_count", "custom_virtualenv", "approval_status"),
    *("approval_node_name", "workflow_url", "scm_branch", "artifacts"),
)
SUMMARIES: dict[str, tuple[str, ...]] = {
    "inventory": (
        *("id", "name", "description", "has_active_failures", "total_hosts", "hosts_with_active_failures"),
        *("total_groups", "has_inventory_sources", "total_inventory_sources"),
        *("inventory_sources_with_failures", "organization_id", "kind"),
    ),
    "project": ("id", "name", "description", "status", "scm_type"),
    "job_template": ("id", "name", "description"),
    "unified_job_template": ("id", "name", "description", "unified_job_type"),
    "instance_group": ("name", "id"),
    "created_by": ("id", "username", "first_name", "last_name"),
    "labels": ("count", "results"),
}
HOST_COUNTS = ("skipped", "ok", "changed", "failed", "failures", "dark", "processed", "rescued", "ignored")

FRIENDLY_NAMES = {
    "job": "Job",
    "project_update": "Project Update",
    "inventory_update": "Inventory Update",
    "system_job": "System Job",
    "workflow_job": "Workflow Job",
    "workflow_approval": "Workflow Approval",
}


def part_of(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What messages may name of a run as the API shows it."""
    summaries = shown.get("summary_fields", {})
    return {
        **{name: shown[name] for name in FIELDS if name in shown},
        "host_status_counts": {},
        "summary_fields": {
            name: {key: summaries[name][key] for key in keys if key in summaries[name]}
            for name, keys in SUMMARIES.items()
            if isinstance(summaries.get(name), Mapping)
        },
    }


def _sample() -> dict[str, Any]:
    """A run that has everything, to try messages with."""
    job: dict[str, Any] = dict.fromkeys(FIELDS, "")
    # In AWX these stand beside the run, and not in it.
    for name in ("approval_status", "approval_node_name", "workflow_url"):
        del job[name]
    job |= {"id": 42, "type": "job", "url": "/api/v2/jobs/42/", "name": "Sample", "status": "running"}
    job |= {"created": "2030-01-01T06:04:00Z", "modified": "2030-01-01T06:04:00Z", "artifacts": {}}
    job |= {"started": "2030-01-01T06:04:01Z", "finished": False, "elapsed": 0.4, "failed": False}
    job |= dict.fromkeys(("forks", "verbosity", "timeout", "job_slice_count", "job_slice_number"), 0)
    job |= dict.fromkeys(("allow_simultaneous", "diff_mode", "force_handlers", "use_fact_cache"), False)
    job["host_status_counts"] = dict.fromkeys(HOST_COUNTS, 0)
    job["summary_fields"] = {name: dict.fromkeys(keys, "") for name, keys in SUMMARIES.items()}
    job["summary_fields"]["labels"] = {"count": 0, "results": []}
    return {
        "job": job,
        "job_friendly_name": "Job",
        "job_metadata": "{}",
        "url": "https://belfry.example/api/v2/jobs/42/",
        "approval_status": "approved",
        "approval_node_name": "Approve",
        "workflow_url": "https://belfry.example/api/v2/workflow_jobs/42/",
    }


SAMPLE = _sample()
