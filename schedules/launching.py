"""The run that a schedule launches for one of its times."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from jobs.inserting import RunWriter
from jobs.kinds import templates_for_launch
from jobs.launching import build_run
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.prompts import LaunchAnswers, accept, takes_all_variables
from jobs.statuses import LaunchType
from schedules.models import Schedule

NO_ANSWERS = LaunchAnswers()


@dataclass(frozen=True, slots=True)
class Launch:
    """A run for one time of a schedule, not saved yet (jobs.launching.insert_runs), and what it was built of.

    The template is of its own class. The parameters are in the run; `answers` need not have them.
    """

    schedule: Schedule
    template: UnifiedJobTemplate
    run: UnifiedJob
    answers: LaunchAnswers


class Launcher:
    """Makes the runs of one tick. A template is read once for all of its schedules, and so is as it was in the tick.

    Threads may share one: it only learns, and what two of them miss at once each finds out for itself.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.templates: dict[int, UnifiedJobTemplate] = {}
        self.writer = RunWriter()
        self._taking_all: set[int] = set()
        self._plain_runs: dict[int, UnifiedJob] = {}

    def read(self, ids: Collection[int]) -> None:
        """Read the templates with these ids, as far as they are not known: a constant number of statements."""
        missing = set(ids) - self.templates.keys()
        if missing:
            read = templates_for_launch(missing)
            self._taking_all |= {pk for pk, template in read.items() if takes_all_variables(template)}
            self.templates |= read

    def launch(self, schedule: Schedule, scheduled_for: datetime) -> Launch:
        """Raises CannotLaunch."""
        template = self.templates[schedule.unified_job_template_id]
        if schedule.is_plain and (template.id in self._taking_all or not schedule.variables):
            return self._plain(template, schedule, scheduled_for)
        answers = answers_of(schedule, template)
        run = _build(template, answers, schedule, scheduled_for=scheduled_for, now=self.now)
        return Launch(schedule, template, run, answers)

    def _plain(self, template: UnifiedJobTemplate, schedule: Schedule, scheduled_for: datetime) -> Launch:
        """Its run is like any other of the template but for the parameters."""
        if template.id not in self._plain_runs:
            plain = _build(template, NO_ANSWERS, schedule, scheduled_for=scheduled_for, now=self.now)
            self._plain_runs[template.id] = plain
        run = self._plain_runs[template.id].twin()
        run.scheduled_for, run.due_at = scheduled_for, schedule.launch_of(scheduled_for)
        run.extra_vars = run.extra_vars | schedule.variables
        return Launch(schedule, template, run, NO_ANSWERS)


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
    if schedule.is_plain:
        return accept(template, extra_vars=schedule.variables)
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
