"""JSON that a client sends to be stored: what PostgreSQL can hold, and no more than is wanted."""

import json

from api.values import value_problem


class Unstorable(ValueError):
    """Why a value cannot be stored, for the client."""


def check_storable(value: object, *, limit: int) -> None:
    """`limit` is the size of its text in bytes. Raises Unstorable."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise Unstorable("The value is not JSON: a number is not finite, or it is nested too deep.") from None
    problem = value_problem(value)
    if problem:
        raise Unstorable(problem)
    if len(text.encode()) > limit:
        raise Unstorable(f"The value is larger than {limit // 1024} KiB.")
