"""The run that a schedule launches for one of its times."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from jobs.kinds import templates_for_launch
from jobs.launching import build_run
from jobs.models import Prompting, UnifiedJob, UnifiedJobTemplate
from jobs.prompts import LaunchAnswers, accept
from jobs.statuses import LaunchType
from jobs.surveys import password_names
from schedules.models import Schedule


class Launcher:
    """Makes the runs of one tick. A template is read once for all of its schedules, and so is as it was in the tick."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.templates: dict[int, UnifiedJobTemplate] = {}
        self._plain_runs: dict[int, UnifiedJob] = {}

    def read(self, ids: Collection[int]) -> None:
        """Read the templates with these ids, as far as they are not known: a constant number of statements."""
        missing = set(ids) - self.templates.keys()
        if missing:
            self.templates |= templates_for_launch(missing)

    def run_of(self, schedule: Schedule, scheduled_for: datetime) -> tuple[UnifiedJob, LaunchAnswers]:
        """Not saved yet; see the function `run_of`. Raises CannotLaunch."""
        template = self.templates[schedule.unified_job_template_id]
        answers = answers_of(schedule, template)
        if not _has_only_parameters(template, answers):
            return _build(template, answers, schedule, scheduled_for=scheduled_for, now=self.now), answers
        if template.pk not in self._plain_runs:
            plain = _build(template, LaunchAnswers(), schedule, scheduled_for=scheduled_for, now=self.now)
            self._plain_runs[template.pk] = plain
        run = self._plain_runs[template.pk].twin()
        run.scheduled_for, run.due_at = scheduled_for, schedule.launch_of(scheduled_for)
        run.extra_vars = run.extra_vars | answers.extra_vars
        return run, answers


def _has_only_parameters(template: UnifiedJobTemplate, answers: LaunchAnswers) -> bool:
    """Whether the run is like any other of the template but for the parameters, none of them a secret."""
    if answers.prompts or answers.run_policy or answers.secrets:
        return False
    asking = Prompting.of(template)
    return not answers.extra_vars if asking is None else not password_names(asking)


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
    answers = answers_of(schedule, template)
    run = _build(template, answers, schedule, scheduled_for=scheduled_for, now=now, launch_type=launch_type)
    return run, answers


def answers_of(schedule: Schedule, template: UnifiedJobTemplate) -> LaunchAnswers:
    """What a run of `template` takes of what the schedule says."""
    answers = accept(
        template, extra_vars=schedule.variables, prompts=schedule.answers, secrets=schedule.secret_variables
    )
    return replace(answers, run_policy=schedule.run_policy) if schedule.run_policy else answers


def _build(
    template: UnifiedJobTemplate,
    answers: LaunchAnswers,
    schedule: Schedule,
    *,
    scheduled_for: datetime,
    now: datetime,
    launch_type: LaunchType = LaunchType.SCHEDULED,
) -> UnifiedJob:
    return build_run(
        template,
        answers=answers,
        launch_type=launch_type,
        user=None,
        scheduled_for=scheduled_for,
        # By hand nothing is late.
        due_at=schedule.launch_of(scheduled_for) if launch_type == LaunchType.SCHEDULED else None,
        now=now,
    )
