"""The survey that a client gives a template: checked by AWX's rules, in its words, and put into the stored form."""

from collections.abc import Mapping
from typing import Any

from credentials.encryption import MASK, encrypt, is_encrypted
from jobs.exceptions import InvalidSurvey
from jobs.json_values import Unstorable, check_storable

MAX_SURVEY = 256 * 1024
# Each type of question, with the type of its default and what AWX calls that.
DEFAULTS: dict[str, tuple[type, str]] = {
    "text": (str, "string"),
    "textarea": (str, "string"),
    "password": (str, "string"),
    "multiplechoice": (str, "string"),
    "multiselect": (str, "string"),
    "integer": (int, "integer"),
    "float": (float, "float"),
}
CHOOSING = ("multiplechoice", "multiselect")
FIELDS: tuple[tuple[str, type, str], ...] = (
    ("name", str, "string"),
    ("description", str, "string"),
    ("spec", list, "list of items"),
)
NOT_A_CHOICE = "Default choice must be answered from the choices listed."


def to_store(sent: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the survey that a client sent, given the one kept before. Raises InvalidSurvey."""
    _check_fields(sent)
    try:
        check_storable(sent, limit=MAX_SURVEY)
    except Unstorable as error:
        raise InvalidSurvey(str(error)) from None
    kept = {question["variable"]: question for question in stored.get("spec", [])}
    variables: set[str] = set()
    spec = []
    for number, item in enumerate(sent["spec"]):
        question = _checked(item, number)
        name = question["variable"]
        if name in variables:
            raise InvalidSurvey(f"'variable' '{name}' duplicated in survey question {number}.")
        variables.add(name)
        _check_type(question, number)
        if question["type"] in CHOOSING:
            question = _with_lines(question, number)
        spec.append(_with_stored_secret(question, kept.get(name, {}), number))
    return {**sent, "spec": spec}


def shown(survey: Mapping[str, Any]) -> dict[str, Any]:
    """A survey as clients see it."""
    if not survey:
        return {}
    spec = [
        {
            name: MASK if name == "default" and is_encrypted(value) else value
            for name, value in question.items()
        }
        if question["type"] == "password"
        else question
        for question in survey["spec"]
    ]
    return {**survey, "spec": spec}


def _check_fields(sent: Mapping[str, Any]) -> None:
    problem = ""
    for name, kind, label in FIELDS:
        if name not in sent:
            problem = f"Field '{name}' is missing from survey spec."
        elif not isinstance(sent[name], kind):
            # What AWX calls an object.
            given = "OrderedDict" if isinstance(sent[name], dict) else type(sent[name]).__name__
            problem = f"Expected {label} for field '{name}', received {given} type."
    if sent.get("spec") == []:
        problem = "'spec' doesn't contain any items."
    if problem:
        raise InvalidSurvey(problem)


def _checked(item: object, number: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InvalidSurvey(f"Survey question {number} is not a json object.")
    for name in ("type", "question_name", "variable", "required"):
        if name not in item:
            raise InvalidSurvey(f"'{name}' missing from survey question {number}")
        kind, label = (bool, "boolean") if name == "required" else (str, "string")
        if not isinstance(item[name], kind):
            raise InvalidSurvey(f"'{name}' in survey question {number} expected to be {label}.")
    return dict(item)


def _check_type(question: Mapping[str, Any], number: int) -> None:
    kind = question["type"]
    if kind not in DEFAULTS:
        raise InvalidSurvey(
            f"'{kind}' in survey question {number} is not one of '{', '.join(DEFAULTS)}' allowed question types."
        )
    default = question.get("default", "")
    expected, label = DEFAULTS[kind]
    if default != "" and not isinstance(default, expected):
        given = MASK if kind == "password" else default
        raise InvalidSurvey(f"Default value {given} in survey question {number} expected to be {label}.")
    for name in ("min", "max"):
        if not isinstance(question.get(name), int | None):
            raise InvalidSurvey(f"The {name} limit in survey question {number} expected to be integer.")


def _with_lines(question: dict[str, Any], number: int) -> dict[str, Any]:
    """A question of choice, its choices and defaults without empty lines."""
    if "choices" not in question:
        raise InvalidSurvey(f"Survey question {number} of type {question['type']} must specify choices.")
    choices = question["choices"]
    if isinstance(choices, str):
        choices = _lines(choices)
        question["choices"] = "\n".join(choices)
    elif not isinstance(choices, list):
        raise InvalidSurvey(f"Survey question {number} of type {question['type']} must specify choices.")
    if "default" in question:
        defaults = _lines(question["default"])
        question["default"] = "\n".join(defaults)
        if question["type"] == "multiplechoice" and len(defaults) > 1:
            raise InvalidSurvey("Multiple Choice (Single Select) can only have one default value.")
        if any(one not in choices for one in defaults):
            raise InvalidSurvey(NOT_A_CHOICE)
    return question


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _with_stored_secret(question: dict[str, Any], kept: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A password's default is encrypted; the mask stands for the one that was kept."""
    default, is_password = question.get("default"), question["type"] == "password"
    if isinstance(default, str) and default.startswith(MASK):
        if not is_password:
            raise InvalidSurvey(
                f"{MASK} is a reserved keyword for password question defaults, "
                f"survey question {number} is type {question['type']}."
            )
        old = kept.get("default") if kept.get("type") == "password" else None
        if not (old == "" or is_encrypted(old)):
            raise InvalidSurvey(
                f"{MASK} is a reserved keyword, may not be used for new default in position {number}."
            )
        return {**question, "default": old}
    if is_password and default:
        return {**question, "default": encrypt(default)}
    return question
