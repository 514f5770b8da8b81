"""Surveys: questions of a template whose answers are parameters of its runs (AWX's rules, in its words).

Answers to password questions, and their defaults, are encrypted wherever they are stored (credentials.encryption) and
opened only for the call.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from credentials.encryption import MASK, UndecryptableSecret, decrypt, encrypt, is_encrypted
from jobs.models import Prompting

Question = Mapping[str, Any]

TEXTS = ("text", "textarea", "password")
UNSAID = ("", None)


def password_names(template: Prompting) -> set[str]:
    return {question["variable"] for question in template.questions if question["type"] == "password"}


def variables_needed(template: Prompting) -> list[str]:
    return [question["variable"] for question in template.questions if question["required"]]


def first_answers(template: Prompting) -> dict[str, Any]:
    """What a form begins with for the questions that want an answer: their defaults, but for secret ones."""
    secret = password_names(template)
    answers = {
        question["variable"]: None if question["variable"] in secret else question.get("default")
        for question in template.questions
        if question["required"]
    }
    return {name: "" if answer is None else answer for name, answer in answers.items()}


def defaults(template: Prompting) -> dict[str, Any]:
    """What stands for answers that nobody gave, as it is stored; a default that is no valid answer is none."""
    return {
        question["variable"]: question["default"]
        for question in template.questions
        if question.get("default") is not None
        and not problems_of(question, {question["variable"]: opened(question["default"])})
    }


def opened(value: Any) -> Any:
    """A stored answer in plain text; one that no key opens stays as it is."""
    try:
        return decrypt(value) if is_encrypted(value) else value
    except UndecryptableSecret:
        return value


def sealed(variables: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """`variables` with those of these names encrypted; one that is masked stands for its default and is left out."""
    secret = set(names)
    return {
        name: encrypt(str(value)) if name in secret else value
        for name, value in variables.items()
        if not (name in secret and value == MASK)
    }


def masked(variables: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """`variables` as clients see them."""
    secret = set(names)
    return {name: MASK if name in secret else value for name, value in variables.items()}


def choices_of(question: Question) -> list[Any]:
    choices = question.get("choices") or []
    if isinstance(choices, str):
        return [choice for choice in choices.splitlines() if choice.strip()]
    return list(choices)


def problems(
    template: Prompting, answers: Mapping[str, Any], *, hidden: Collection[str] = ()
) -> dict[str, list[str]]:
    """What is wrong with the answers in plain text to the template's questions, by variable.

    Answers that are `hidden` are not repeated in the texts.
    """
    found: dict[str, list[str]] = {}
    for question in template.questions:
        name = question["variable"]
        texts = problems_of(question, answers)
        if texts:
            found[name] = [f"The stored answer to '{name}' is no valid one."] if name in hidden else texts
    return found


def problems_of(question: Question, answers: Mapping[str, Any]) -> list[str]:
    """What is wrong with the answer to one question, or with its absence."""
    name, kind = question["variable"], question["type"]
    if kind == "password" and answers.get(name) == MASK:
        return [f"'{name}' value missing"] if question.get("default") is None and question["required"] else []
    if name not in answers:
        return [f"'{name}' value missing"] if question["required"] else []
    value = answers[name]
    if kind in TEXTS:
        return _problems_of_text(question, value)
    if kind in ("integer", "float"):
        return _problems_of_number(question, value)
    return _problems_of_choice(question, value)


def _problems_of_text(question: Question, value: object) -> list[str]:
    name = question["variable"]
    if not isinstance(value, str):
        return [f"Value {value} for '{name}' expected to be a string."]
    problems = []
    least, most = question.get("min"), question.get("max")
    if least not in UNSAID and len(value) < int(least):
        problems.append(
            f"'{name}' value {value} is too small (length is {len(value)} must be at least {least})."
        )
    if most not in UNSAID and len(value) > int(most):
        problems.append(f"'{name}' value {value} is too large (must be no more than {most}).")
    return problems


def _problems_of_number(question: Question, value: Any) -> list[str]:
    name = question["variable"]
    whole = question["type"] == "integer"
    if type(value) not in ((int,) if whole else (int, float)):
        return [f"Value {value} for '{name}' expected to be {'an integer' if whole else 'a numeric type'}."]
    number = int if whole else float
    least, most = question.get("min"), question.get("max")
    problems = []
    if least not in UNSAID and value < number(least):
        problems.append(f"'{name}' value {value} is too small (must be at least {least}).")
    if most not in UNSAID and value > number(most):
        problems.append(f"'{name}' value {value} is too large (must be no more than {most}).")
    return problems


def _problems_of_choice(question: Question, value: Any) -> list[str]:
    name, choices = question["variable"], choices_of(question)
    if question["type"] == "multiselect" and not isinstance(value, list):
        return [f"'{name}' value is expected to be a list."]
    given = value if question["type"] == "multiselect" else [value]
    return [
        f"Value {one} for '{name}' expected to be one of {choices}." for one in given if one not in choices
    ]
