"""What users' own credential types may consist of: their inputs, in AWX's words."""

import re
from collections.abc import Iterator
from typing import Any

from api.values import value_problem
from credentials.exceptions import InvalidInputs

MAX_FIELDS = 100
TYPES = ("string", "boolean")
FORMATS = ("ssh_private_key", "url", "vault_id")
KEYS = frozenset(
    {
        "id",
        "label",
        "help_text",
        "type",
        "format",
        "choices",
        "secret",
        "multiline",
        "ask_at_runtime",
        "default",
    }
)
TEXTS = ("id", "label", "help_text")
FLAGS = ("secret", "multiline", "ask_at_runtime")
RESERVED = frozenset({"tower", "awx"})
_WORDS = {str: "string", bool: "boolean"}
_ID = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")


def checked_inputs(sent: object) -> dict[str, Any]:
    """The description, with what it leaves unsaid. Raises InvalidInputs."""
    if not isinstance(sent, dict):
        raise InvalidInputs([f"{type(sent).__name__} provided, expected dict"])
    problem = value_problem(sent)
    if problem:
        raise InvalidInputs([problem])
    unknown = [name for name in sent if name not in ("fields", "required", "dependencies")]
    if unknown:
        raise InvalidInputs([f"Additional properties are not allowed ({unknown[0]!r:.100} was unexpected)"])
    fields = sent.get("fields", [])
    texts = list(_fields_problems(fields)) or list(_set_problems(fields, sent.get("required", [])))
    if texts:
        raise InvalidInputs(texts)
    return {**sent, "fields": [{"type": "string", **field} for field in fields]} if "fields" in sent else sent


def _fields_problems(fields: object) -> Iterator[str]:
    if not isinstance(fields, list):
        yield f"{type(fields).__name__} provided in relative path ['fields'], expected array"
        return
    if len(fields) > MAX_FIELDS:
        yield f"There may be at most {MAX_FIELDS} fields."
        return
    for position, field in enumerate(fields):
        if isinstance(field, dict):
            yield from _field_problems(field, position)
        else:
            yield f"{type(field).__name__} provided in relative path ['fields', {position}], expected dict"


def _field_problems(field: dict[str, Any], position: int) -> Iterator[str]:
    yield from (
        f"Additional properties are not allowed ({name!r:.100} was unexpected)"
        for name in field.keys() - KEYS
    )
    yield from (f"{name!r} is a required property" for name in ("id", "label") if name not in field)
    for name, wanted in (*((name, str) for name in TEXTS), *((name, bool) for name in FLAGS)):
        if name in field and not isinstance(field[name], wanted):
            kind, path = type(field[name]).__name__, ["fields", position, name]
            yield f"{kind} provided in relative path {path}, expected {_WORDS[wanted]}"
    if isinstance(field.get("id"), str) and not _ID.fullmatch(field["id"]):
        yield f"{field['id'][:100]} is an invalid variable name"
    if field.get("type", "string") not in TYPES:
        yield f"{field['type']!r:.100} is not one of {list(TYPES)}"
    if "format" in field and field["format"] not in FORMATS:
        yield f"{field['format']!r:.100} is not one of {list(FORMATS)}"
    choices = field.get("choices", [""])
    if not isinstance(choices, list) or not choices or not all(isinstance(one, str) for one in choices):
        yield "'choices' is a list of at least one string"
    if field.get("type") == "boolean" and field.keys() & {"secret", "choices", "format", "multiline"}:
        yield "a boolean has neither secret, choices, format nor multiline"


def _set_problems(fields: list[dict[str, Any]], required: object) -> Iterator[str]:
    names = [field["id"] for field in fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is defined more than once."
    for name in names:
        if name in RESERVED:
            yield f"{name} is a reserved field"
    if any(field.get("ask_at_runtime") for field in fields):
        yield "'ask_at_runtime' is not supported for custom credentials."
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield "'required' is a list of strings"
        return
    for name in required:
        if name not in names:
            yield f"{name[:100]!r} is required but is no field"
