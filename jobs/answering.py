"""What schedules and workflows' nodes answer to prompts: checked when they are saved, with their secrets encrypted."""

from collections.abc import Mapping
from typing import Any, Protocol

from credentials.encryption import MASK
from jobs.exceptions import InvalidAnswers
from jobs.models import JobTemplate, Prompting, UnifiedJobTemplate
from jobs.prompts import accept
from jobs.surveys import opened, password_names, problems as problems_of_answers, sealed

NO_PASSWORDS = "Saved launch configurations cannot provide passwords needed to start."


class Answering(Protocol):
    """What answers to the prompts of a template."""

    extra_data: Any
    # The names of those of `extra_data` that are encrypted.
    secret_variables: Any

    @property
    def variables(self) -> dict[str, Any]:
        """`extra_data` as a mapping."""

    @property
    def answers(self) -> dict[str, Any]:
        """All that it answers, by name: values, objects and lists of objects; the parameters apart."""


def set_variables(answering: Answering, sent: Any, template: UnifiedJobTemplate) -> None:
    """Put what a client sent into `extra_data`, to be checked and then sealed. Nothing is saved.

    Of answers to password questions a mask stands for what is stored, or for the question's default and stays then.
    Raises InvalidAnswers.
    """
    kept, names = answering.variables, set(answering.secret_variables)
    answering.extra_data, answering.secret_variables = sent, []
    passwords = _passwords(template) & answering.variables.keys()
    if not passwords:
        return
    data: dict[str, Any] = dict(answering.variables)
    for name in [name for name, value in data.items() if value == MASK]:
        if name not in passwords:
            raise InvalidAnswers(f"{MASK} is a reserved keyword, may not be used for {name}.")
        if name in names & kept.keys():
            data[name] = kept[name]
            answering.secret_variables.append(name)
        elif not _has_default(template, name):
            raise InvalidAnswers(f"Provided variable {name} has no database value to replace with.")
    answering.extra_data = data


def seal(answering: Answering, template: UnifiedJobTemplate) -> None:
    """Encrypt the answers to password questions, and leave out those for which defaults stand."""
    passwords = _passwords(template)
    if passwords & answering.variables.keys():
        data = sealed(answering.variables, passwords - set(answering.secret_variables))
        answering.extra_data = data
        answering.secret_variables = sorted(passwords & data.keys())


def problems(answering: Answering, template: UnifiedJobTemplate) -> dict[str, list[str]]:
    """Which of its answers `template`, of its own class, does not take, by field."""
    answers = accept(
        template,
        extra_vars=answering.variables,
        prompts=answering.answers,
        secrets=answering.secret_variables,
    )
    found = answers.refusals | answers.errors
    if "extra_vars" in found:
        found["extra_data"] = found.pop("extra_vars")
    if isinstance(template, JobTemplate) and _lacks_passwords(template):
        found["passwords_needed_to_start"] = [NO_PASSWORDS]
    return found


def problems_so_far(answering: Answering, template: UnifiedJobTemplate) -> dict[str, list[str]]:
    """Like `problems`, where what is lacking may yet be answered by somebody else."""
    found = problems(answering, template)
    for name in ("variables_needed_to_start", "resources_needed_to_start", "passwords_needed_to_start"):
        found.pop(name, None)
    asking = Prompting.of(template)
    secret, given = answering.secret_variables, answering.variables
    plain = {name: opened(value) if name in secret else value for name, value in given.items()}
    wrong = problems_of_answers(asking, plain, hidden=secret) if asking else {}
    texts = [text for name in plain for text in wrong.get(name, ())]
    return found | ({"variables_needed_to_start": texts} if texts else {})


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
