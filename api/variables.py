"""Parameters as clients send them: an object, or a text that holds a JSON object or a YAML mapping (AWX's rule)."""

import json
from typing import Any

import yaml

from api.values import value_problem

MAX_TEXT = 256 * 1024


class InvalidVariables(ValueError):
    """A text of variables is neither a JSON object nor a YAML mapping, or not one that JSON can hold."""


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few hundred bytes of nested ones stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"aliases are not supported, found *{event.anchor}")
        return super().compose_node(parent, index)


def parse_variables(value: object) -> dict[str, Any]:
    """The mapping that `value` is or holds; an empty text is an empty mapping.

    Raises InvalidVariables, in AWX's words.
    """
    variables = _parse(value)
    problem = value_problem(variables)
    if problem:
        raise InvalidVariables(problem)
    return variables


def _parse(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        kind = type(value).__name__
        raise _unparsable(
            f"the JSON object must be str, bytes or bytearray, not {kind}",
            f"'{kind}' object has no attribute 'read'",
        )
    if len(value) > MAX_TEXT:
        raise InvalidVariables(f"Variables may have at most {MAX_TEXT} characters.")
    # What most templates have; to YAML it would be nothing, too, and take a hundred times as long.
    if value in ("", '""'):
        return {}
    try:
        return _mapping(json.loads(value))
    except (ValueError, RecursionError) as json_error:
        return _from_yaml(value, json_error)


def _from_yaml(text: str, json_error: Exception) -> dict[str, Any]:
    try:
        loaded = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - it is a SafeLoader
        variables = _mapping({} if loaded is None else loaded)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise _unparsable(str(json_error), str(error)) from None
    try:
        return _mapping(json.loads(json.dumps(variables, allow_nan=False)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidVariables(f"Variables not compatible with JSON standard (error: {error})") from None


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"Input type `{type(value).__name__}` is not a dictionary")
    return value


def _unparsable(json_error: str, yaml_error: str) -> InvalidVariables:
    return InvalidVariables(f"Cannot parse as JSON (error: {json_error}) or YAML (error: {yaml_error}).")
