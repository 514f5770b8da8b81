"""What may stand as a template's endpoint or a project's base URL, and what cannot be done with which.

The scheme says what is called: http and https a service, amqp, amqps, redis and rediss a queue of a broker, mailto
people. Where it may lead is `outbound`'s question.
"""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from jobs.mail_addresses import InvalidMail, read_mailto
from outbound.brokers import SCHEMES as OF_BROKERS, Broker, check_queue

MAX_LENGTH = 1024
MAILTO = "mailto:"

# RFC 3986 knows neither spaces nor control characters; the rest of Unicode is percent-encoded when it is called.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class InvalidEndpoint(ValueError):
    """What is wrong with an endpoint, for the client."""


class Means(StrEnum):
    """How an endpoint is called."""

    HTTP = "http"
    QUEUE = "queue"
    MAIL = "mail"


def means_of(base_url: str, endpoint: str) -> Means:
    """What such an endpoint of a project with such a base URL is."""
    if endpoint.lower().startswith(MAILTO):
        return Means.MAIL
    return Means.QUEUE if is_broker(base_url) and not is_absolute(endpoint) else Means.HTTP


def is_absolute(endpoint: str) -> bool:
    """Whether it needs no base URL."""
    return endpoint.lower().startswith(("http://", "https://", MAILTO))


def is_broker(base_url: str) -> bool:
    return base_url.lower().startswith(tuple(f"{scheme}://" for scheme in OF_BROKERS))


def check_endpoint(endpoint: str) -> None:
    """What a template may call: as `check_web_endpoint`, or a `mailto:` URL. Raises InvalidEndpoint."""
    _check_characters(endpoint)
    if not endpoint.lower().startswith(MAILTO):
        check_web_endpoint(endpoint)
        return
    try:
        read_mailto(endpoint)
    except InvalidMail as error:
        raise InvalidEndpoint(str(error)) from None


def check_web_endpoint(endpoint: str) -> None:
    """Empty, a path below the project's base URL, or an absolute http(s) URL. Raises InvalidEndpoint."""
    _check_characters(endpoint)
    if endpoint.lower().startswith(("http://", "https://")):
        _check_url(endpoint)
    elif endpoint.startswith("//"):
        raise InvalidEndpoint("A path must not begin with two slashes.")
    elif _SCHEME.match(endpoint):
        raise InvalidEndpoint("Enter a path, or a URL that begins with http:// or https://.")


def check_base_url(url: str) -> None:
    """An absolute http(s) URL, or that of a broker. Raises InvalidEndpoint."""
    _check_characters(url)
    if is_broker(url):
        _check_url(url)
        try:
            Broker.parse(url)
        except ValueError as error:
            raise InvalidEndpoint(str(error)) from None
        return
    if not url.lower().startswith(("http://", "https://")):
        raise InvalidEndpoint("Enter a URL of http://, https://, amqp://, amqps://, redis:// or rediss://.")
    _check_url(url)


def misfits(
    base_url: str, endpoint: str, *, has_inventory: bool, awaits_reports: bool
) -> dict[str, list[str]]:
    """What such an endpoint cannot do, by the field that asks for it."""
    means = means_of(base_url, endpoint)
    found: dict[str, list[str]] = {}
    if means == Means.QUEUE and endpoint:
        try:
            check_queue(endpoint)
        except ValueError as error:
            found["endpoint"] = [str(error)]
    if means != Means.HTTP and has_inventory:
        found["inventory"] = ["An inventory says which hosts are called by HTTP; this endpoint is none."]
    if means == Means.MAIL and awaits_reports:
        found["completion"] = ["Nobody reports how a mail ends: the completion is `response`."]
    return found


def origin_of(base_url: str, endpoint: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of what such an endpoint leads to; None where it leads nowhere, or to people."""
    url = endpoint if is_absolute(endpoint) else base_url
    if not url or not endpoint or means_of(base_url, endpoint) == Means.MAIL:
        return None
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    usual = {"http": 80, "https": 443, **OF_BROKERS}
    return scheme, (parts.hostname or "").rstrip("."), parts.port or usual.get(scheme, 0)


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
        raise InvalidEndpoint("User names and passwords do not belong in a URL; use a credential.")
    if not host or port == 0:
        raise InvalidEndpoint("This is not a valid URL: it names no host or an impossible port.")
