from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from access.models import Organization
from jobs.job_templates import request_of
from jobs.models import Attempt, JobTemplate, Project, SystemJobTemplate, UnifiedJob
from jobs.statuses import FINISHED, Outcome, Status, TemplateKind
from tests.factories import access

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
_numbers = count(1)


def make_organization(**values: Any) -> Organization:
    # Names of two counters would meet.
    return access.make_organization(**values)


def make_project(**values: Any) -> Project:
    values = {"name": f"Project {next(_numbers)}", "scm_url": "http://127.0.0.1:9/"} | values
    return Project.objects.create(kind=TemplateKind.PROJECT, **values)


def make_job_template(**values: Any) -> JobTemplate:
    values = {"name": f"Job template {next(_numbers)}", "endpoint": "http://127.0.0.1:9/jobs/x"} | values
    return JobTemplate.objects.create(kind=TemplateKind.JOB_TEMPLATE, **values)


def make_job(
    template: JobTemplate | SystemJobTemplate | None = None,
    *,
    status: Status = Status.SUCCESSFUL,
    **values: Any,
) -> UnifiedJob:
    """A run in any state, as the engine would have left it; what it did has to be made by `make_attempt`."""
    template = template or make_job_template()
    values = {
        "name": template.name,
        "unified_job_template_id": template.pk,
        "organization": template.organization,
        "request": request_of(template) if isinstance(template, JobTemplate) else {},
        "status": status,
    } | values
    if status in FINISHED:
        values = {"started": BEGIN, "finished": BEGIN + timedelta(seconds=1.5), "elapsed": 1.5} | values
    if status == Status.RUNNING:
        values = {"started": BEGIN, "lease_expires_at": BEGIN + timedelta(minutes=1)} | values
    return UnifiedJob.objects.create(**values)


def make_attempt(job: UnifiedJob, **values: Any) -> Attempt:
    """A call that was answered with 200 and a small JSON object, unless `values` say otherwise."""
    number = job.attempts.count() + 1
    values = {
        "number": number,
        "worker": "worker-1",
        "started": BEGIN,
        "finished": BEGIN + timedelta(seconds=1.25),
        "outcome": Outcome.SUCCESS,
        "request": {
            "method": "POST",
            "url": "http://127.0.0.1:9/jobs/x",
            "headers": {"Content-Type": "application/json", "Authorization": "$encrypted$"},
            "body": '{"a": 1}',
        },
        "response_status": 200,
        "response_headers": {"Content-Type": "application/json"},
        "response_body": '{"processed": 3}',
    } | values
    UnifiedJob.objects.filter(pk=job.pk).update(attempts_made=number)
    return Attempt.objects.create(job=job, **values)
