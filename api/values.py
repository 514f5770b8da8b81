"""Which JSON values can be stored, and written as JSON again."""

import json
import math
from typing import Any

MAX_DEPTH = 100

NULL_CHARACTER = "Null characters are not allowed."


def text_problem(text: str) -> str | None:
    """Why PostgreSQL could not hold a text, in DRF's words."""
    if "\x00" in text:
        return NULL_CHARACTER
    surrogate = next((c for c in text if "\ud800" <= c <= "\udfff"), None)
    return None if surrogate is None else f"Surrogate characters are not allowed: U+{ord(surrogate):X}."


def value_problem(value: Any) -> str | None:
    """Why the database could not hold a parsed JSON value, however deep the reason lies; in words. Does not recurse."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        current, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return f"Values may be nested {MAX_DEPTH} deep."
        if isinstance(current, str):
            problem = text_problem(current)
            if problem:
                return problem
        elif isinstance(current, dict):
            waiting += [(key, depth) for key in current]
            waiting += [(inner, depth + 1) for inner in current.values()]
        elif isinstance(current, list):
            waiting += [(inner, depth + 1) for inner in current]
        elif isinstance(current, float) and not math.isfinite(current):
            return "A number is out of range."
    return None


def read_json(text: str) -> Any:
    """What a JSON text says. Raises ValueError, also for numbers that are not finite: JSON has none."""
    return json.loads(text, parse_float=_finite, parse_constant=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
