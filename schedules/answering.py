"""What a schedule answers to its template's prompts: checked when it is saved, with its secrets encrypted."""

from collections.abc import Mapping
from typing import Any

from credentials.encryption import MASK, encrypt
from jobs.models import JobTemplate, Prompting, UnifiedJobTemplate
from jobs.prompts import accept
from jobs.surveys import password_names
from schedules.exceptions import InvalidAnswers
from schedules.models import Schedule

NO_PASSWORDS = "Saved launch configurations cannot provide passwords needed to start."


def set_variables(schedule: Schedule, sent: Mapping[str, Any], template: UnifiedJobTemplate) -> None:
    """Put what a client sent into `extra_data`, with answers to password questions encrypted. Nothing is saved.

    A masked one stands for what is stored, or for the question's default, and stays masked then. Raises InvalidAnswers.
    """
    asking = Prompting.of(template)
    passwords = password_names(asking) if asking else set()
    defaults = (
        {question["variable"]: question.get("default") for question in asking.questions} if asking else {}
    )
    kept = {
        name: schedule.extra_data[name] for name in schedule.secret_variables if name in schedule.extra_data
    }
    data: dict[str, Any] = {}
    for name, value in sent.items():
        if name not in passwords:
            if value == MASK:
                raise InvalidAnswers(f"{MASK} is a reserved keyword, may not be used for {name}.")
            data[name] = value
        elif value != MASK:
            data[name] = encrypt(value) if isinstance(value, str) else value
        elif name in kept or defaults.get(name):
            data[name] = kept.get(name, MASK)
        else:
            raise InvalidAnswers(f"Provided variable {name} has no database value to replace with.")
    schedule.extra_data = data
    schedule.secret_variables = sorted(
        name for name in passwords & data.keys() if isinstance(data[name], str) and data[name] != MASK
    )


def drop_masked(schedule: Schedule) -> None:
    """Leave out the answers for which defaults stand."""
    schedule.extra_data = {name: value for name, value in schedule.extra_data.items() if value != MASK}


def problems(schedule: Schedule, template: UnifiedJobTemplate) -> dict[str, list[str]]:
    """Which of the schedule's answers `template`, of its own class, does not take, by field."""
    answers = accept(
        template,
        extra_vars=schedule.extra_data,
        prompts=schedule.answers,
        secrets=schedule.secret_variables,
    )
    found = answers.refusals | answers.errors
    if "extra_vars" in found:
        found["extra_data"] = found.pop("extra_vars")
    if isinstance(template, JobTemplate) and _lacks_passwords(template):
        found["passwords_needed_to_start"] = [NO_PASSWORDS]
    return found


def _lacks_passwords(template: JobTemplate) -> bool:
    return not template.ask_credential_on_launch and any(
        credential.passwords_needed for credential in template.credentials.all()
    )
