"""JSON that a client sends to be stored: what PostgreSQL can hold, and no more than is wanted."""

import json
import re

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class Unstorable(ValueError):
    """Why a value cannot be stored, for the client."""


def check_storable(value: object, *, limit: int) -> None:
    """`limit` is the size of its text in bytes. Raises Unstorable."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise Unstorable("The value is not JSON: a number is not finite, or it is nested too deep.") from None
    if _has_unstorable_text(value):
        raise Unstorable("The value contains a NUL character or a lone surrogate.")
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        raise Unstorable(f"The value is larger than {limit // 1024} KiB.")


def _has_unstorable_text(value: object) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_unstorable_text(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_unstorable_text(part) for part in value)
    return False
