"""What is sent and what comes back. Pure: no network, no Django."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT_TIMEOUT = 10.0  # seconds: name, TCP and TLS together


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `timeout` is for all of it, in seconds; `max_body` stands in for the client's own bound, in bytes.

    `max_redirects` is how many redirects are followed, each as outbound.redirects says.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    verify_ssl: bool = True
    # In place of `verify_ssl`, where the client shows a certificate.
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)
    timeout: float = 30.0
    connect_timeout: float = CONNECT_TIMEOUT
    # How long the other side may be silent; None for as long as `timeout` allows.
    read_timeout: float | None = None
    max_body: int | None = field(default=None, repr=False)
    max_redirects: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `truncated` says that there was more than the client reads.

    `redirects` are the URLs to which the call was led, the one that answered last.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    truncated: bool
    redirects: tuple[str, ...] = field(default=(), repr=False)
