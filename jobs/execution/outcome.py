"""What an answer means: success or not, by the run's own criteria, and in words. Pure: no Django, no clock."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jobs.statuses import Outcome, Status

MAX_ARTIFACTS = 64 * 1024  # characters, as JSON
MAX_DEPTH = 50
_SHOWN = 100

_RANGE = re.compile(r"\s*([1-5][0-9]{2})\s*(?:-\s*([1-5][0-9]{2})\s*)?", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOTHING = object()


_STATUS_OF = {
    Outcome.SUCCESS: Status.SUCCESSFUL,
    Outcome.CANCELED: Status.CANCELED,
    # The call was not made, or nobody knows how it ended: the trouble is not the endpoint's.
    Outcome.FORBIDDEN_ADDRESS: Status.ERROR,
    Outcome.INVALID_REQUEST: Status.ERROR,
    Outcome.LOST: Status.ERROR,
}


def status_of(outcome: Outcome) -> Status:
    """How a run ends whose last attempt ended so."""
    return _STATUS_OF.get(outcome, Status.FAILED)


@dataclass(frozen=True, slots=True)
class StatusCodes:
    """The HTTP status codes that count as success: inclusive ranges."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Judgement:
    outcome: Outcome
    explanation: str = ""
    artifacts: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=256)
def parse_success_status(text: str) -> StatusCodes:
    """`200-299` or `200,204,300-399`. Raises ValueError, whose message may be shown to the client."""
    ranges = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(
                f"{part.strip()[:_SHOWN]!r} is neither an HTTP status code (100 to 599) nor a range such as 200-299."
            )
        low = int(match[1])
        high = int(match[2] or low)
        if low > high:
            raise ValueError(f"{part.strip()!r} is a range that ends before it begins.")
        ranges.append((low, high))
    return StatusCodes(tuple(ranges))


def judge(
    status: int, body: bytes, *, truncated: bool, success_status: str, success_json: Mapping[str, Any]
) -> Judgement:
    """How a complete HTTP exchange ended. `success_json`: dotted path → the value, or a list of those allowed.

    An answer that is a JSON object becomes `artifacts`, whether it means success or not.
    """
    answer = _NOTHING if truncated else _parse_json(body)
    artifacts = _artifacts(answer)
    try:
        accepted = parse_success_status(success_status or "200-299")
    except ValueError as error:
        return Judgement(Outcome.INVALID_REQUEST, f"success_status: {error}", artifacts)
    if status not in accepted:
        return Judgement(Outcome.HTTP_STATUS, _wrong_status(status, success_status), artifacts)
    for path, expected in success_json.items():
        problem = _unmet(answer, path, expected, truncated=truncated)
        if problem:
            return Judgement(Outcome.ASSERTION, problem, artifacts)
    return Judgement(Outcome.SUCCESS, "", artifacts)


def _wrong_status(status: int, accepted: str) -> str:
    text = f"The endpoint answered {status}; success is {accepted}."
    return text + (" The redirect was not followed." if 300 <= status < 400 else "")


def _unmet(answer: Any, path: str, expected: Any, *, truncated: bool) -> str | None:
    if answer is _NOTHING:
        why = "is longer than what is read of it" if truncated else "is not JSON"
        return f"The answer {why}, so {path} cannot be checked."
    allowed = expected if isinstance(expected, list) else [expected]
    found = _at(answer, path)
    if found is _NOTHING:
        return f"The answer has no {path}; success needs {_shown(allowed)}."
    if any(_equal(found, value) for value in allowed):
        return None
    return f"The answer has {path} = {_shown([found])}; success needs {_shown(allowed)}."


def _at(answer: Any, path: str) -> Any:
    """The value at `a.b.0.c`: names of members and positions in lists."""
    value = answer
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part[:9]) < len(value):
            value = value[int(part[:9])]
        else:
            return _NOTHING
    return value


def _equal(one: Any, other: Any) -> bool:
    # In Python 1 == True; in JSON they are different.
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _shown(values: list[Any]) -> str:
    return " or ".join(_UNSTORABLE.sub("\ufffd", json.dumps(value))[:_SHOWN] for value in values) or "nothing"


def _artifacts(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        return {}
    try:
        return fitting(_storable(answer, MAX_DEPTH))
    except (ValueError, RecursionError):
        return {}


def fitting(artifacts: dict[str, Any]) -> dict[str, Any]:
    """`artifacts`, or nothing where they are too long to be kept. Raises ValueError for what is no JSON."""
    return artifacts if len(json.dumps(artifacts, allow_nan=False)) <= MAX_ARTIFACTS else {}


def _storable(value: Any, depth: int) -> Any:
    """Without what PostgreSQL's jsonb refuses: NUL and half surrogate pairs."""
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_storable(key, depth): _storable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth - 1) for item in value]
    return value


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return _NOTHING


def _number(text: str) -> float | str:
    """A number; one that is larger than floats can be stays the text that it was."""
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
