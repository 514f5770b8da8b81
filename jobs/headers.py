"""Headers of a template's request: which are accepted, which are secret, how they are stored and shown.

A header's value is secret where its name says so (`Authorization`, `X-Api-Key`, anything with "token" in it). Secret
values are encrypted at rest (credentials.encryption), shown as `$encrypted$`, and `$encrypted$` sent back keeps them.
"""

import re
from functools import lru_cache

from credentials.encryption import MASK, encrypt, is_encrypted

MAX_HEADERS = 100
MAX_NAME = 256
MAX_VALUE = 8192

# RFC 9110, section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
# Belfry or the connection itself says these.
_RESERVED = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_RESERVED_PREFIX = "x-belfry-"
_SECRET = re.compile(
    r"auth|cookie|csrf|xsrf|token|secret|pass|pwd|key|signature|credential|session|jwt|bearer"
)


class InvalidHeaders(ValueError):
    """What is wrong with the headers that a client sent, naming the header."""


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value of a header that is called `name` is to be hidden. What Belfry itself says is not."""
    return not is_reserved(name) and _SECRET.search(name.lower()) is not None


def is_reserved(name: str) -> bool:
    lowered = name.lower()
    return lowered in _RESERVED or lowered.startswith(_RESERVED_PREFIX)


def masked(headers: dict[str, str]) -> dict[str, str]:
    """The headers as a client may see them. Also hides whatever is encrypted under a name that is not secret."""
    return {
        name: MASK if (is_secret(name) and value) or is_encrypted(value) else value
        for name, value in headers.items()
    }


def to_store(sent: object, stored: dict[str, str] | None = None) -> dict[str, str]:
    """What is kept of the headers that a client sent, given those kept before. Raises InvalidHeaders."""
    if not isinstance(sent, dict):
        raise InvalidHeaders(f'Expected a dictionary of items but got type "{type(sent).__name__}".')
    if len(sent) > MAX_HEADERS:
        raise InvalidHeaders(f"There may be at most {MAX_HEADERS} headers.")
    kept = {name.lower(): value for name, value in (stored or {}).items()}
    seen: set[str] = set()
    result: dict[str, str] = {}
    for name, value in sent.items():
        _check_name(name, seen)
        result[name] = _value_to_store(name, _checked_value(name, value), kept.get(name.lower()))
    return result


def kept_secrets(headers: dict[str, str], stored: dict[str, str]) -> list[str]:
    """The names of headers whose secret value is the one that is stored already."""
    known = set(stored.values())
    return [name for name, value in headers.items() if is_encrypted(value) and value in known]


def _check_name(name: str, seen: set[str]) -> None:
    lowered = name.lower()
    if len(name) > MAX_NAME or not _TOKEN.fullmatch(name):
        raise InvalidHeaders(f"{_quoted(name)} is not a valid name of a header.")
    if is_reserved(name):
        raise InvalidHeaders(f"The header {name} is set by Belfry itself and cannot be given.")
    if lowered in seen:
        raise InvalidHeaders(f"The header {name} is given more than once.")
    seen.add(lowered)


def _checked_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidHeaders(f"The value of the header {name} is not a string.")
    if len(value) > MAX_VALUE:
        raise InvalidHeaders(f"The value of the header {name} has more than {MAX_VALUE} characters.")
    if _FORBIDDEN_IN_VALUE.search(value):
        raise InvalidHeaders(f"The value of the header {name} contains a line break or control character.")
    return value


def _value_to_store(name: str, value: str, kept: str | None) -> str:
    if value == MASK:
        if kept is None or not is_encrypted(kept):
            raise InvalidHeaders(f"The header {name} has no stored value that {MASK} could stand for.")
        return kept
    if not is_secret(name):
        if value.startswith(MASK):
            raise InvalidHeaders(f"The value of the header {name} begins with the reserved word {MASK}.")
        return value
    return encrypt(value) if value else ""


def _quoted(name: str) -> str:
    return ascii(name if len(name) <= 60 else name[:60] + "…")
