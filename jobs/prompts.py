"""Launch-time answers: which of those that a client sends a template takes, and what becomes of the rest.

A launch ignores what the template does not ask for and says so; a schedule that carries it is refused. Both are
AWX's rules.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from credentials.models import Credential
from jobs.models import JobTemplate, UnifiedJobTemplate

# The prompts that Belfry knows, by their name in a request, and the template's switch for each.
SWITCHES = {
    "job_type": "ask_job_type_on_launch",
    "timeout": "ask_timeout_on_launch",
    "limit": "ask_limit_on_launch",
    "forks": "ask_forks_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "job_slice_count": "ask_job_slice_count_on_launch",
}


@dataclass(frozen=True, slots=True)
class LaunchAnswers:
    """What was taken; `ignored` has, by name, what was not, and `refusals` why."""

    extra_vars: dict[str, Any] = field(default_factory=dict)
    prompts: dict[str, Any] = field(default_factory=dict)
    credentials: list[Credential] | None = None
    ignored: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)


def accept(
    template: UnifiedJobTemplate,
    *,
    extra_vars: dict[str, Any] | None = None,
    prompts: dict[str, Any] | None = None,
    credentials: list[Credential] | None = None,
) -> LaunchAnswers:
    """Sort what was sent. A prompt of None was not answered; one that repeats the template's own value is no change.

    `template` is of its own class (a JobTemplate, not its base). Values must have been checked for type before.
    """
    answers = LaunchAnswers()
    _sort_variables(template, extra_vars or {}, answers)
    for name, value in (prompts or {}).items():
        if value is not None:
            _sort_prompt(template, name, value, answers)
    if credentials is not None and isinstance(template, JobTemplate):
        return _with_credentials(template, credentials, answers)
    return answers


def _with_credentials(
    template: JobTemplate, given: list[Credential], answers: LaunchAnswers
) -> LaunchAnswers:
    if template.ask_credential_on_launch:
        return replace(answers, credentials=given)
    if {credential.pk for credential in given} - {credential.pk for credential in template.credentials.all()}:
        answers.ignored["credentials"] = [credential.pk for credential in given]
        answers.refusals["credentials"] = ["Field is not configured to prompt on launch."]
    return answers


def _sort_variables(template: UnifiedJobTemplate, extra_vars: dict[str, Any], answers: LaunchAnswers) -> None:
    if not extra_vars:
        return
    if not isinstance(template, JobTemplate):
        answers.ignored["extra_vars"] = extra_vars
        answers.refusals["extra_vars"] = ["Field is not allowed on launch."]
    elif template.ask_variables_on_launch:
        answers.extra_vars.update(extra_vars)
    else:
        answers.ignored["extra_vars"] = extra_vars
        refusal = (
            f"Variables {', '.join(extra_vars)} are not allowed on launch. Check the Prompt on Launch setting "
            "on the Job Template to include Extra Variables."
        )
        answers.refusals["extra_vars"] = [refusal]


def _sort_prompt(template: UnifiedJobTemplate, name: str, value: Any, answers: LaunchAnswers) -> None:
    switch = SWITCHES.get(name)
    if switch is None or not hasattr(template, switch):
        answers.ignored[name] = value
        answers.refusals[name] = ["Field is not allowed on launch."]
    elif getattr(template, switch):
        answers.prompts[name] = value
    elif value != getattr(template, name):
        answers.ignored[name] = value
        answers.refusals[name] = ["Field is not configured to prompt on launch."]
