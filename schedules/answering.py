"""What a schedule answers to its template's prompts: checked when it is saved, with its secrets encrypted."""

from collections.abc import Mapping
from typing import Any

from credentials.encryption import MASK
from jobs.models import JobTemplate, Prompting, UnifiedJobTemplate
from jobs.prompts import accept
from jobs.surveys import password_names, sealed
from schedules.exceptions import InvalidAnswers
from schedules.models import Schedule

NO_PASSWORDS = "Saved launch configurations cannot provide passwords needed to start."


def set_variables(schedule: Schedule, sent: Any, template: UnifiedJobTemplate) -> None:
    """Put what a client sent into `extra_data`, to be checked and then sealed. Nothing is saved.

    Of answers to password questions a mask stands for what is stored, or for the question's default and stays then.
    Raises InvalidAnswers.
    """
    kept, names = schedule.variables, set(schedule.secret_variables)
    schedule.extra_data, schedule.secret_variables = sent, []
    passwords = _passwords(template) & schedule.variables.keys()
    if not passwords:
        return
    data: dict[str, Any] = dict(schedule.variables)
    for name in [name for name, value in data.items() if value == MASK]:
        if name not in passwords:
            raise InvalidAnswers(f"{MASK} is a reserved keyword, may not be used for {name}.")
        if name in names & kept.keys():
            data[name] = kept[name]
            schedule.secret_variables.append(name)
        elif not _has_default(template, name):
            raise InvalidAnswers(f"Provided variable {name} has no database value to replace with.")
    schedule.extra_data = data


def seal(schedule: Schedule, template: UnifiedJobTemplate) -> None:
    """Encrypt the answers to password questions, and leave out those for which defaults stand."""
    passwords = _passwords(template)
    if passwords & schedule.variables.keys():
        data = sealed(schedule.variables, passwords - set(schedule.secret_variables))
        schedule.extra_data = data
        schedule.secret_variables = sorted(passwords & data.keys())


def problems(schedule: Schedule, template: UnifiedJobTemplate) -> dict[str, list[str]]:
    """Which of the schedule's answers `template`, of its own class, does not take, by field."""
    answers = accept(
        template,
        extra_vars=schedule.variables,
        prompts=schedule.answers,
        secrets=schedule.secret_variables,
    )
    found = answers.refusals | answers.errors
    if "extra_vars" in found:
        found["extra_data"] = found.pop("extra_vars")
    if isinstance(template, JobTemplate) and _lacks_passwords(template):
        found["passwords_needed_to_start"] = [NO_PASSWORDS]
    return found


def _passwords(template: UnifiedJobTemplate) -> set[str]:
    asking = Prompting.of(template)
    return password_names(asking) if asking else set()


def _has_default(template: UnifiedJobTemplate, name: str) -> bool:
    asking = Prompting.of(template)
    questions: list[Mapping[str, Any]] = [*asking.questions] if asking else []
    return any(question["variable"] == name and question.get("default") for question in questions)


def _lacks_passwords(template: JobTemplate) -> bool:
    return not template.ask_credential_on_launch and any(
        credential.passwords_needed for credential in template.credentials.all()
    )
