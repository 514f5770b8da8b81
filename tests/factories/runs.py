from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from jobs.models import JobTemplate, UnifiedJob
from jobs.policies import RunPolicy
from jobs.statuses import TemplateKind

_numbers = count(1)
_OF_REQUEST = frozenset(
    (
        "method",
        "headers",
        "body",
        "success_status",
        "success_json",
        "verify_ssl",
        "base_url",
        "follow_redirects",
    )
)


def make_run(url: str = "http://127.0.0.1:9/", *, save: bool = True, **values: Any) -> UnifiedJob:
    """A pending run of `url`; `headers`, `method`, `body`, … go into its request, and so does its `policy`."""
    request: dict[str, Any] = {"endpoint": url, "method": "POST", "success_status": "200-299"}
    request |= {name: values.pop(name) for name in _OF_REQUEST & values.keys()}
    if "policy" in values:
        policy = RunPolicy(**values.pop("policy"))
        launched: datetime = values.get("available_at") or timezone.now()
        request["policy"] = policy.as_dict()
        values = {
            "attempts_allowed": policy.max_attempts,
            "deadline_at": policy.deadline_from(launched),
        } | values
    run = UnifiedJob(name=f"Run {next(_numbers)}", request=request, **values)
    if save:
        run.save(force_insert=True)
    return run


def make_runs(number: int, url: str, **values: Any) -> list[UnifiedJob]:
    return UnifiedJob.objects.bulk_create([make_run(url, save=False, **values) for _ in range(number)])


def make_job_template(**values: Any) -> JobTemplate:
    values = {"name": f"Called template {next(_numbers)}", "endpoint": "http://127.0.0.1:9/"} | values
    return JobTemplate.objects.create(kind=TemplateKind.JOB_TEMPLATE, **values)
