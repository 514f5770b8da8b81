"""What may stand as a template's endpoint or a project's base URL. Where it may lead is `outbound`'s question."""

import re
from urllib.parse import urlsplit

MAX_LENGTH = 1024

# RFC 3986 knows neither spaces nor control characters; the rest of Unicode is percent-encoded when it is called.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class InvalidEndpoint(ValueError):
    """What is wrong with an endpoint, for the client."""


def is_absolute(endpoint: str) -> bool:
    return endpoint.lower().startswith(("http://", "https://"))


def check_endpoint(endpoint: str) -> None:
    """Empty, a path below the project's base URL, or an absolute http(s) URL. Raises InvalidEndpoint."""
    _check_characters(endpoint)
    if is_absolute(endpoint):
        _check_url(endpoint)
    elif endpoint.startswith("//"):
        raise InvalidEndpoint("A path must not begin with two slashes.")
    elif _SCHEME.match(endpoint):
        raise InvalidEndpoint("Enter a path, or a URL that begins with http:// or https://.")


def check_base_url(url: str) -> None:
    """An absolute http(s) URL. Raises InvalidEndpoint."""
    _check_characters(url)
    if not is_absolute(url):
        raise InvalidEndpoint("Enter a URL that begins with http:// or https://.")
    _check_url(url)


def origin_of(base_url: str, endpoint: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of what such an endpoint leads to; None where it leads nowhere."""
    url = endpoint if is_absolute(endpoint) else base_url
    if not url or not endpoint:
        return None
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").rstrip("."), parts.port or (443 if scheme == "https" else 80)


def _check_characters(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise InvalidEndpoint(f"Ensure this field has no more than {MAX_LENGTH} characters.")
    if _FORBIDDEN.search(text):
        raise InvalidEndpoint("Spaces, backslashes and control characters must be percent-encoded.")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidEndpoint(f"This is not a valid URL: {error}.") from None
    if "@" in parts.netloc:
        raise InvalidEndpoint("User names and passwords do not belong in a URL; use a header.")
    if not host or port == 0:
        raise InvalidEndpoint("This is not a valid URL: it names no host or an impossible port.")
