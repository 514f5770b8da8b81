"""A template's configuration: what its type lets it be, how it is stored and how it is shown. In AWX's words."""

from collections.abc import Mapping
from typing import Any

from credentials.encryption import MASK, decrypt, encrypt, is_encrypted
from notifications.exceptions import InvalidConfiguration
from notifications.types import REQUIRED, TYPES, NotificationType, Parameter

PYTHON_TYPES: dict[str, type] = {
    "string": str,
    "int": int,
    "bool": bool,
    "list": list,
    "password": str,
    "object": dict,
}


def to_store(sent: Mapping[str, Any], type_name: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a configuration that a client sent, secrets encrypted. Raises InvalidConfiguration.

    `$encrypted$` stands for what is `stored`; where nothing is, it stands for an empty text.
    """
    kind = TYPES[type_name]
    given = with_defaults(sent, kind)
    problems = [text for name, one in kind.parameters.items() if (text := _problem(name, one, given))]
    missing = [name for name in kind.parameters if name not in given]
    if missing:
        problems.append(f"Missing required fields for Notification Configuration: {missing}.")
    problems += [
        f"Configuration field '{name}' incorrect type, expected {one.kind}."
        for name, one in kind.parameters.items()
        if name in given and not _is_of_type(given[name], one)
    ]
    if problems:
        raise InvalidConfiguration(problems)
    return given | {name: _kept(name, given[name], stored) for name in kind.secrets}


def with_defaults(sent: Mapping[str, Any], kind: NotificationType) -> dict[str, Any]:
    defaults = {name: one.default for name, one in kind.parameters.items() if one.default is not REQUIRED}
    return {**sent} | {name: value for name, value in defaults.items() if name not in sent}


def shown(configuration: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """The configuration as a client may see it."""
    secrets = TYPES[type_name].secrets
    return {
        name: MASK if name in secrets and is_encrypted(value) else value
        for name, value in configuration.items()
    }


def opened(configuration: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """The configuration with its secrets in plain text. Raises UndecryptableSecret."""
    secrets = TYPES[type_name].secrets
    return {
        name: decrypt(value) if name in secrets and is_encrypted(value) else value
        for name, value in configuration.items()
    }


def _is_of_type(value: object, parameter: Parameter) -> bool:
    # A truth is a number to Python, and not to AWX.
    is_truth = isinstance(value, bool)
    return isinstance(value, PYTHON_TYPES[parameter.kind]) and is_truth == (parameter.kind == "bool")


def _problem(name: str, parameter: Parameter, given: Mapping[str, Any]) -> str | None:
    """What is wrong with a value that is there and of the right type."""
    if name not in given or not _is_of_type(given[name], parameter):
        return None
    value = given[name]
    if parameter.kind == "list" and not value:
        return f"No values specified for field '{name}'"
    if parameter.kind == "password" and is_encrypted(value):
        return f"A value may not begin with the reserved word {MASK}."
    if name == "http_method" and value.lower() not in ("put", "post"):
        return "HTTP method must be either 'POST' or 'PUT'."
    return None


def _kept(name: str, value: str, stored: Mapping[str, Any]) -> Any:
    if value == MASK:
        return stored.get(name, "")
    return encrypt(value) if value else ""
