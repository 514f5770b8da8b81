"""Template + answers → run. A run carries all it needs: what happens to the template later does not touch it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import User
from jobs.announcing import announce_work
from jobs.exceptions import CannotLaunch
from jobs.models import JobTemplate, Label, UnifiedJob, UnifiedJobTemplate
from jobs.prompts import SWITCHES, LaunchAnswers
from jobs.statuses import JobKind, JobType, LaunchType, Status
from jobs.variables import parse_variables

# A run may be claimed from `available_at` on, by the database's clock; that may be a little behind ours.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


def missing_resources(template: UnifiedJobTemplate) -> list[str]:
    """What a run of `template` would lack, in words; empty when it can be launched."""
    if not isinstance(template, JobTemplate):
        return [f"A {template.kind} cannot be launched."]
    if not template.endpoint:
        return ["Job Template endpoint is missing or undefined."]
    is_absolute = template.endpoint.lower().startswith(("http://", "https://"))
    if not is_absolute and not (template.project and template.project.scm_url):
        return [
            "Job Template endpoint is a path, and no project with a base URL (scm_url) says where it leads."
        ]
    return []


def build_run(
    template: JobTemplate,
    *,
    answers: LaunchAnswers,
    launch_type: LaunchType,
    user: User | None,
    scheduled_for: datetime | None = None,
    now: datetime,
) -> UnifiedJob:
    """The run, not saved: the poller inserts thousands in one statement."""
    prompts = {name: answers.prompts.get(name, getattr(template, name)) for name in SWITCHES}
    job_type, timeout = prompts.pop("job_type"), prompts.pop("timeout")
    return UnifiedJob(
        kind=JobKind.JOB,
        name=template.name,
        description=template.description,
        unified_job_template_id=template.pk,
        organization_id=template.organization_id,
        created_by=user,
        launch_type=launch_type,
        job_type=job_type or JobType.RUN,
        scheduled_for=scheduled_for,
        extra_vars={**parse_variables(template.extra_vars), **answers.extra_vars},
        request=request_of(template),
        prompts=prompts,
        timeout=timeout,
        allow_simultaneous=template.allow_simultaneous,
        status=Status.PENDING,
        created=now,
        modified=now,
        available_at=now - CLOCKS_DIFFER_BY,
    )


def request_of(template: JobTemplate) -> dict[str, Any]:
    """What a run keeps of its template to make the call. Secret header values stay encrypted."""
    return {
        "base_url": template.project.scm_url if template.project else "",
        "endpoint": template.endpoint,
        "method": template.http_method,
        "headers": template.http_headers,
        "body": template.http_body,
        "success_status": template.success_status,
        "success_json": template.success_json,
        "verify_ssl": template.verify_ssl,
    }


def launch(
    template: UnifiedJobTemplate,
    *,
    user: User | None,
    answers: LaunchAnswers,
    launch_type: LaunchType = LaunchType.MANUAL,
    labels: Iterable[Label] | None = None,
) -> UnifiedJob:
    """Make a run of `template` (of its own class) and, once it is committed, announce it. Raises CannotLaunch.

    The run has the template's labels, unless others are given.
    """
    missing = missing_resources(template)
    if missing or not isinstance(template, JobTemplate):
        raise CannotLaunch({"resources_needed_to_start": missing})
    run = build_run(template, answers=answers, launch_type=launch_type, user=user, now=timezone.now())
    with transaction.atomic():
        run.save(force_insert=True)
        run.labels.set(template.labels.all() if labels is None else labels)
        transaction.on_commit(announce_work)
    return run


def relaunch(job: UnifiedJob, *, user: User | None) -> UnifiedJob:
    """Run once more what `job` ran: its template as it is now, with the old answers. Raises CannotLaunch."""
    template = JobTemplate.objects.select_related("project").filter(unified_jobs=job).first()
    if template is None:
        raise CannotLaunch({"detail": ["The job template of this job no longer exists."]})
    answers = LaunchAnswers(
        extra_vars=job.extra_vars, prompts={**job.prompts, "job_type": job.job_type, "timeout": job.timeout}
    )
    return launch(
        template, user=user, answers=answers, launch_type=LaunchType.RELAUNCH, labels=job.labels.all()
    )
