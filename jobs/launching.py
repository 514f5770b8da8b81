"""Template + answers → run. A run carries all it needs: what happens to the template later does not touch it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from access.models import User
from credentials.models import Credential
from instances.models import InstanceGroup
from jobs.announcing import announce_work
from jobs.exceptions import CannotLaunch, StillGoing
from jobs.inserting import RunWriter
from jobs.kinds import kind_of, launchable_kinds
from jobs.labels import label_by_templates, label_runs
from jobs.limits import service_of
from jobs.models import JobTemplate, Prompting, UnifiedJob, UnifiedJobTemplate
from jobs.overlap import overlap_of, settle
from jobs.placing import preferred_groups
from jobs.policies import RunPolicy
from jobs.prompts import LaunchAnswers
from jobs.slices import Slice
from jobs.statuses import JobKind, LaunchType, Status
from jobs.surveys import password_names

# A run may be claimed from `available_at` on, by the database's clock; that may be a little behind ours.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


def missing_resources(template: UnifiedJobTemplate) -> list[str]:
    """What a run of `template` would lack, in words; empty when it can be launched."""
    return kind_of(template).missing(template)


def build_run(
    template: UnifiedJobTemplate,
    *,
    answers: LaunchAnswers,
    launch_type: LaunchType,
    user: User | None,
    scheduled_for: datetime | None = None,
    due_at: datetime | None = None,
    now: datetime,
) -> UnifiedJob:
    """The run of a template's own kind, or of its slices, not saved: the poller inserts thousands in one statement.

    Raises CannotLaunch where the template, which is of its own class, cannot be launched at all.
    """
    kind = kind_of(template)
    run = kind.build(template, answers)
    run.kind = JobKind.WORKFLOW_JOB if run.is_sliced_job else kind.job_kind
    run.name, run.description = template.name, template.description
    run.unified_job_template_id = template.pk
    run.organization_id = template.organization_id
    environment = answers.prompts.get("execution_environment")
    run.execution_environment_id = environment.pk if environment else template.execution_environment_id
    run.preferred_groups = preferred_groups(template, answers.prompts.get("instance_groups"))
    asking = Prompting.of(template)
    if asking is not None:
        given = answers.prompts.get("inventory")
        run.inventory_id = given.pk if given else asking.inventory_id
        secret = (answers.secrets | password_names(asking)) & run.extra_vars.keys()
        run.request["secret_variables"] = sorted(secret)
    run.service_id = service_of(template, run)
    run.created_by, run.launch_type = user, launch_type
    run.scheduled_for, run.due_at = scheduled_for, due_at
    run.status = Status.PENDING
    run.created = run.modified = now
    policy = RunPolicy.of_run(run.request)
    run.attempts_allowed, run.deadline_at = policy.max_attempts, policy.deadline_from(now)
    run.available_at = now - CLOCKS_DIFFER_BY
    return run


def insert_runs(made: Sequence[tuple[UnifiedJob, LaunchAnswers]], writer: RunWriter | None = None) -> None:
    """Save new runs with what belongs to them, by what they were built with: a constant number of statements.

    A run has its template's labels, unless others were given.
    """
    runs = [run for run, _ in made]
    (writer or RunWriter()).insert(runs)
    _link_credentials(runs)
    label_by_templates([run.pk for run, answers in made if answers.labels is None])
    label_runs([(run.pk, label.pk) for run, answers in made for label in answers.labels or ()])
    for kind in launchable_kinds():
        own = [run for run in runs if run.kind == kind.job_kind]
        if own:
            kind.inserted(own)


def _link_credentials(runs: Iterable[UnifiedJob]) -> None:
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
) -> UnifiedJob:
    """Make a run of `template` (of its own class) and, once it is committed, announce it.

    Raises CannotLaunch, and StillGoing where the template's overlap policy allows no run now.
    """
    missing = missing_resources(template)
    if missing:
        raise CannotLaunch({"resources_needed_to_start": missing})
    run = build_run(template, answers=answers, launch_type=launch_type, user=user, now=timezone.now())
    with transaction.atomic():
        insert_settled(run, answers, template)
        transaction.on_commit(announce_work)
    return run


def insert_settled(run: UnifiedJob, answers: LaunchAnswers, template: UnifiedJobTemplate) -> None:
    """Save a run of `template` if its overlap policy allows it now. Raises StillGoing."""
    [refusal] = settle([(run, overlap_of(template, run))])
    if refusal:
        raise StillGoing(refusal)
    insert_runs([(run, answers)])


def answers_of(job: UnifiedJob, template: JobTemplate) -> LaunchAnswers:
    """What `job` was launched with, for another run of `template`."""
    groups = InstanceGroup.objects.in_bulk(job.preferred_groups)
    prompts: dict[str, Any] = {
        **job.prompts,
        "job_type": job.job_type,
        "timeout": job.timeout,
        "inventory": job.inventory,
        "execution_environment": job.execution_environment,
        "labels": list(job.labels.all()),
        "instance_groups": [groups[number] for number in job.preferred_groups if number in groups],
    }
    if template.ask_credential_on_launch:
        credentials = Credential.objects.select_related("credential_type").filter(unified_jobs=job)
        prompts["credentials"] = list(credentials)
    return LaunchAnswers(
        extra_vars=job.extra_vars,
        secrets=frozenset(job.secret_variables),
        prompts=prompts,
        run_policy=job.request.get("policy_overrides", {}),
    )


def relaunch(job: UnifiedJob, *, user: User | None, limit: str | None = None) -> UnifiedJob:
    """Run once more what `job` ran: its template as it is now, with the old answers, but for another `limit`.

    A slice is the same slice again; nothing else is cut anew (AWX's way).

    Raises CannotLaunch and StillGoing.
    """
    template = JobTemplate.objects.select_related("project").filter(unified_jobs=job).first()
    if template is None:
        raise CannotLaunch({"detail": ["The job template of this job no longer exists."]})
    if job.inventory is not None and job.inventory.pending_deletion:
        raise CannotLaunch({"errors": ["Job Template Inventory is missing or undefined."]})
    answers = replace(answers_of(job, template), slice=Slice.of(job.prompts))
    if limit is not None:
        answers.prompts["limit"] = limit
    return launch(template, user=user, answers=answers, launch_type=LaunchType.RELAUNCH)
