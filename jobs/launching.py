"""Template + answers → run. A run carries all it needs: what happens to the template later does not touch it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from access.models import User
from credentials.models import Credential
from jobs.announcing import announce_work
from jobs.attaching import merged
from jobs.endpoints import is_absolute
from jobs.exceptions import CannotLaunch
from jobs.models import JobTemplate, Label, Project, UnifiedJob, UnifiedJobTemplate
from jobs.prompts import SWITCHES, LaunchAnswers
from jobs.statuses import JobKind, JobType, LaunchType, Status
from jobs.variables import parse_variables

# A run may be claimed from `available_at` on, by the database's clock; that may be a little behind ours.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


def missing_resources(template: UnifiedJobTemplate) -> list[str]:
    """What a run of `template` would lack, in words; empty when it can be launched."""
    if isinstance(template, Project):
        return _missing_of_project(template)
    if not isinstance(template, JobTemplate):
        return [f"A {template.kind} cannot be launched."]
    if not template.endpoint:
        return ["Job Template endpoint is missing or undefined."]
    if not is_absolute(template.endpoint) and not (template.project and template.project.scm_url):
        return [
            "Job Template endpoint is a path, and no project with a base URL (scm_url) says where it leads."
        ]
    return []


def _missing_of_project(project: Project) -> list[str]:
    if not project.has_catalogue:
        return ["The project has no catalogue to fetch."]
    if not project.scm_url and not is_absolute(project.catalog_url):
        return ["The project has no base URL (scm_url) that says where its catalogue is."]
    return []


def build_run(
    template: UnifiedJobTemplate,
    *,
    answers: LaunchAnswers,
    launch_type: LaunchType,
    user: User | None,
    scheduled_for: datetime | None = None,
    now: datetime,
) -> UnifiedJob:
    """The run of a template's own kind, not saved: the poller inserts thousands in one statement.

    Raises CannotLaunch where the template, which is of its own class, cannot be launched at all.
    """
    if isinstance(template, JobTemplate):
        run = _job(template, answers)
    elif isinstance(template, Project) and template.has_catalogue:
        run = _project_update(template)
    else:
        raise CannotLaunch({"resources_needed_to_start": missing_resources(template)})
    run.name, run.description = template.name, template.description
    run.unified_job_template_id = template.pk
    run.organization_id = template.organization_id
    run.created_by, run.launch_type, run.scheduled_for = user, launch_type, scheduled_for
    run.status = Status.PENDING
    run.created = run.modified = now
    run.available_at = now - CLOCKS_DIFFER_BY
    return run


def _job(template: JobTemplate, answers: LaunchAnswers) -> UnifiedJob:
    prompts = {name: answers.prompts.get(name, getattr(template, name)) for name in SWITCHES}
    job_type, timeout = prompts.pop("job_type"), prompts.pop("timeout")
    return UnifiedJob(
        kind=JobKind.JOB,
        job_type=job_type or JobType.RUN,
        extra_vars={**parse_variables(template.extra_vars), **answers.extra_vars},
        request=request_of(template, merged(template.credentials.all(), answers.credentials)),
        prompts=prompts,
        timeout=timeout,
        allow_simultaneous=template.allow_simultaneous,
    )


# A project's settings that AWX shows with each of its updates.
SOURCE_SETTINGS = (
    "local_path",
    "scm_type",
    "scm_url",
    "scm_branch",
    "scm_refspec",
    "scm_clean",
    "scm_track_submodules",
    "scm_delete_on_update",
)


def _project_update(project: Project) -> UnifiedJob:
    """A GET of the catalogue. AWX calls an update for its own sake a check, as opposed to one that a job needs."""
    return UnifiedJob(
        kind=JobKind.PROJECT_UPDATE,
        job_type=JobType.CHECK,
        request={
            "base_url": project.scm_url,
            "endpoint": project.catalog_url,
            "method": "GET",
            "success_status": "200",
        },
        prompts={name: getattr(project, name) for name in SOURCE_SETTINGS},
        timeout=project.timeout,
    )


def request_of(template: JobTemplate, credentials: Iterable[Credential] = ()) -> dict[str, Any]:
    """What a run keeps of its template to make the call. Secret header values stay encrypted.

    Of credentials it keeps the ids: they are opened when the call is made.
    """
    return {
        "base_url": template.project.scm_url if template.project else "",
        "endpoint": template.endpoint,
        "method": template.http_method,
        "headers": template.http_headers,
        "body": template.http_body,
        "success_status": template.success_status,
        "success_json": template.success_json,
        "verify_ssl": template.verify_ssl,
        "credentials": [credential.pk for credential in credentials],
    }


def link_credentials(runs: Iterable[UnifiedJob]) -> None:
    """Record for queries which credentials saved runs use: one statement, or none where they use none."""
    pairs = [(run.pk, number) for run in runs for number in run.request.get("credentials", [])]
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO jobs_unifiedjob_credentials (unifiedjob_id, credential_id)
            SELECT pair.job, credential.id
            FROM unnest(%s::bigint[], %s::bigint[]) AS pair (job, credential)
            JOIN credentials_credential AS credential ON credential.id = pair.credential
            FOR KEY SHARE OF credential
            """,
            [[job for job, _ in pairs], [credential for _, credential in pairs]],
        )


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
    if missing:
        raise CannotLaunch({"resources_needed_to_start": missing})
    run = build_run(template, answers=answers, launch_type=launch_type, user=user, now=timezone.now())
    with transaction.atomic():
        run.save(force_insert=True)
        run.labels.set(template.labels.all() if labels is None else labels)
        link_credentials([run])
        transaction.on_commit(announce_work)
    return run


def relaunch(job: UnifiedJob, *, user: User | None) -> UnifiedJob:
    """Run once more what `job` ran: its template as it is now, with the old answers. Raises CannotLaunch."""
    template = JobTemplate.objects.select_related("project").filter(unified_jobs=job).first()
    if template is None:
        raise CannotLaunch({"detail": ["The job template of this job no longer exists."]})
    credentials = Credential.objects.select_related("credential_type").filter(unified_jobs=job)
    answers = LaunchAnswers(
        extra_vars=job.extra_vars,
        prompts={**job.prompts, "job_type": job.job_type, "timeout": job.timeout},
        credentials=list(credentials) if template.ask_credential_on_launch else None,
    )
    return launch(
        template, user=user, answers=answers, launch_type=LaunchType.RELAUNCH, labels=job.labels.all()
    )
