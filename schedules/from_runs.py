"""A schedule from what a run was launched with (AWX's rules)."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from access.models import User
from api.variables import parse_variables
from jobs.launching import answers_of
from jobs.models import JobTemplate, UnifiedJob
from jobs.prompts import LISTS, OBJECTS, LaunchAnswers, accept
from schedules.editing import create_schedule
from schedules.models import Schedule, ScheduleGroup


def launched_with(job: UnifiedJob, template: JobTemplate) -> LaunchAnswers:
    """What `job` answered to the prompts of its template, as far as that still asks, and differs from its own.

    What it had otherwise than the template's run policy nobody asks for: it is kept as it is.
    """
    given = answers_of(job, template)
    own = parse_variables(template.extra_vars)
    variables = {name: value for name, value in given.extra_vars.items() if own.get(name) != value}
    secrets = given.secrets & variables.keys()
    answers = accept(template, extra_vars=variables, prompts=given.prompts, secrets=secrets)
    return replace(answers, run_policy=given.run_policy)


def free_name(job: UnifiedJob) -> str:
    """A name that no schedule of the job's template has."""
    name = f"Auto-generated schedule from job {job.pk}"
    taken = set(
        Schedule.objects.filter(
            unified_job_template=job.unified_job_template_id, name__startswith=name
        ).values_list("name", flat=True)
    )
    numbered = (f"{name} - number {number}" for number in range(1, len(taken) + 1))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def schedule_of(job: UnifiedJob, answers: LaunchAnswers, *, user: User) -> Schedule:
    """Save a monthly schedule, switched off, that launches the job's template with `answers`."""
    prompts: dict[str, Any] = {
        name: value for name, value in answers.prompts.items() if name not in (*OBJECTS, *LISTS)
    }
    schedule = create_schedule(
        name=free_name(job),
        unified_job_template_id=job.unified_job_template_id,
        enabled=False,
        rrule=f"DTSTART:{timezone.now():%Y%m%dT%H%M%SZ} RRULE:FREQ=MONTHLY;INTERVAL=1",
        extra_data=answers.extra_vars,
        secret_variables=sorted(answers.secrets & answers.extra_vars.keys()),
        prompts=prompts,
        run_policy=dict(answers.run_policy),
        **{name: answers.prompts[name] for name in OBJECTS if name in answers.prompts},
        created_by=user,
        modified_by=user,
    )
    schedule.credentials.set(answers.prompts.get("credentials", ()))
    schedule.labels.set(answers.prompts.get("labels", ()))
    ScheduleGroup.objects.bulk_create(
        ScheduleGroup(schedule=schedule, instance_group=group)
        for group in answers.prompts.get("instance_groups", ())
    )
    return schedule
