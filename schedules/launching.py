"""The run that a schedule launches for one of its times."""

from dataclasses import replace
from datetime import datetime

from jobs.launching import build_run
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.prompts import LaunchAnswers, accept
from jobs.statuses import LaunchType
from schedules.models import Schedule


def run_of(
    schedule: Schedule,
    template: UnifiedJobTemplate,
    *,
    scheduled_for: datetime,
    now: datetime,
    launch_type: LaunchType = LaunchType.SCHEDULED,
) -> tuple[UnifiedJob, LaunchAnswers]:
    """Not saved yet (jobs.launching.insert_runs). Raises CannotLaunch.

    `schedule` and `template` were read with all that they answer and need (`with_answers`, `templates_for_launch`).
    """
    answers = accept(
        template, extra_vars=schedule.variables, prompts=schedule.answers, secrets=schedule.secret_variables
    )
    answers = replace(answers, run_policy=schedule.run_policy)
    run = build_run(
        template,
        answers=answers,
        launch_type=launch_type,
        user=None,
        scheduled_for=scheduled_for,
        # By hand nothing is late.
        due_at=schedule.launch_of(scheduled_for) if launch_type == LaunchType.SCHEDULED else None,
        now=now,
    )
    return run, answers
