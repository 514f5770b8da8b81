"""What messages can say of a run: what the API shows of it, and AWX's words for programs."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from jobs.api.serializers.jobs import RUNS
from jobs.api.serializers.surroundings import workflow_of
from jobs.api.serializers.unified import AnyJobSerializer
from jobs.models import UnifiedJob
from jobs.statuses import Status
from notifications.context import FRIENDLY_NAMES, part_of
from notifications.exceptions import NotDelivered
from notifications.models import OF_APPROVALS, Notice, Notification


def context_of(notification: Notification) -> dict[str, Any]:
    """Raises NotDelivered."""
    if notification.job_id is None:
        raise NotDelivered("The job was deleted.", final=True)
    runs = RUNS
    run = runs.get(pk=notification.job_id)
    if notification.event in OF_APPROVALS:
        return _context_of_approval(run, Notice(notification.event))
    if notification.event == Notice.STARTED:
        # By now it may have ended.
        run.status, run.finished, run.failed, run.job_explanation = "running", None, False, ""
    # Through JSON, as a client would see it.
    shown: dict[str, Any] = json.loads(json.dumps(AnyJobSerializer(run).data, default=_as_text))
    url = _url(shown["url"])
    told = metadata(shown, url)
    if notification.event == Notice.RECOVERY:
        told["recovered"] = True
    return {
        "job": part_of(shown),
        "job_friendly_name": FRIENDLY_NAMES[run.kind],
        "url": url,
        "job_metadata": _as_json(told),
    }


def _context_of_approval(run: UnifiedJob, notice: Notice) -> dict[str, Any]:
    if notice == Notice.RUNNING:
        # By now it may have been decided.
        run.status, run.finished = Status.PENDING, None
    workflow = workflow_of(run)
    words = {
        "approval_status": notice.value,
        "approval_node_name": run.name,
        "workflow_url": _url(f"/api/v2/workflow_jobs/{workflow.pk}/") if workflow else "",
    }
    url = _url(f"/api/v2/workflow_approvals/{run.pk}/")
    told = {
        "id": run.pk,
        "name": run.name,
        "url": url,
        "created_by": run.created_by.username if run.created_by else None,
        "started": run.started,
        "finished": run.finished,
        "status": run.status,
        "traceback": run.result_traceback,
    }
    return words | {
        "job": told | words | {"type": run.kind, "description": run.description},
        "job_friendly_name": FRIENDLY_NAMES[run.kind],
        "url": url,
        "job_metadata": _as_json(told),
    }


def _url(path: str) -> str:
    return f"{settings.BELFRY_URL.rstrip('/')}{path}"


def _as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4, default=_as_text)


def _as_text(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def metadata(shown: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What AWX says of a run to programs."""
    summaries = shown.get("summary_fields", {})

    def name_of(what: str, key: str = "name") -> Any:
        return summaries.get(what, {}).get(key)

    found = {
        "id": shown["id"],
        "name": shown["name"],
        "url": url,
        "created_by": name_of("created_by", "username"),
        "started": shown.get("started"),
        "finished": shown.get("finished"),
        "status": shown.get("status"),
        "traceback": shown.get("result_traceback", ""),
    }
    if shown.get("failed"):
        found["job_explanation"] = shown.get("job_explanation", "")
    if shown["type"] == "job":
        credentials = summaries.get("credentials") or [{}]
        found |= {
            "inventory": name_of("inventory"),
            "project": name_of("project"),
            "playbook": shown.get("playbook"),
            "credential": credentials[0].get("name"),
            "limit": shown.get("limit"),
            "extra_vars": shown.get("extra_vars"),
            "hosts": {},
        }
    return found
