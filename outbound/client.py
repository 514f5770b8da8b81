"""The one client that calls out: every address is checked after its name is resolved, everything is bounded.

No redirect is followed unless the request says so, no proxy used, no cookie kept, no call repeated. Each call has a
connection of its own: one that is kept may be closed by the other side at the moment of the next call, which would then
have failed for nothing.
"""

import asyncio
import re
import socket
import ssl
from dataclasses import replace
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from outbound.addresses import AllowList, literal_address, spelled, why_refused
from outbound.exceptions import CallFailed, Reason
from outbound.messages import Request, Response
from outbound.redirects import onward
from outbound.urls import parse_url

MAX_BODY = 256 * 1024  # bytes read of an answer
MAX_HEADERS = 64 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class GuardedClient:
    """Use as an async context manager, in one event loop. It may have any number of calls in flight."""

    def __init__(self, allowed: AllowList, *, max_body: int = MAX_BODY) -> None:
        self._allowed = allowed
        self._max_body = max_body
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(self._allowed), limit=0, force_close=True, ttl_dns_cache=5
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_line_size=8 * 1024,
            max_field_size=MAX_HEADERS // 4,
        )
        # aiohttp repeats a GET, PUT or DELETE whose connection broke. There is no public switch.
        self._session._retry_connection = False  # noqa: SLF001
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            # TLS connections end a little after their session, and the loop may end with it.
            await asyncio.sleep(0.05)

    async def send(self, request: Request) -> Response:
        """Make the call, and those to which it is redirected. Raises CallFailed.

        A cancelled call closes its connection.
        """
        redirects: list[str] = []
        try:
            async with asyncio.timeout(request.timeout):
                while True:
                    response = await self._call(request)
                    further = onward(request, response) if len(redirects) < request.max_redirects else None
                    if further is None:
                        return replace(response, redirects=tuple(redirects))
                    request = further
                    redirects.append(further.url)
        except TimeoutError:
            raise CallFailed(
                "timeout", f"There was no complete answer within {request.timeout:g} s."
            ) from None

    async def _call(self, request: Request) -> Response:
        url = parse_url(request.url)
        _check_head(request)
        self._check_literal(url)
        if any(name.lower() == "authorization" for name in request.headers):
            url = url.with_user(None)
        try:
            return await self._exchange(request, url)
        except aiohttp.ConnectionTimeoutError:
            raise CallFailed(
                "connect", f"There was no connection within {request.connect_timeout:g} s."
            ) from None
        except aiohttp.SocketTimeoutError:
            raise CallFailed("timeout", f"The endpoint was silent for {request.read_timeout:g} s.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error, url) from None

    def _check_literal(self, url: URL) -> None:
        host, port = url.raw_host or "", url.port or 0
        address = literal_address(host)
        if address is not None and not self._allowed.permits(host, address, port):
            raise forbidden(host, port, [str(address)])

    async def _exchange(self, request: Request, url: URL) -> Response:
        assert self._session is not None
        async with self._session.request(
            request.method,
            url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            ssl=request.verify_ssl if request.ssl_context is None else request.ssl_context,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=request.connect_timeout,
                sock_read=request.read_timeout,
                ceil_threshold=3600,
            ),
        ) as response:
            body, truncated = await _read(
                response, self._max_body if request.max_body is None else request.max_body
            )
            if truncated:
                response.close()
            return Response(response.status, tuple(response.headers.items()), body, truncated)


async def _read(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of the body, and whether there was more."""
    chunks: list[bytes] = []
    left = limit
    while chunk := await response.content.read(left + 1):
        if len(chunk) > left:
            chunks.append(chunk[:left])
            return b"".join(chunks), True
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks), False


class _GuardedResolver(AbstractResolver):
    """Gives the connector only such addresses of a name as may be called; what it connects to is one of these."""

    def __init__(self, allowed: AllowList) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        open_ones = [
            result for result in found if self._allowed.permits(host, ip_address(result["host"]), port)
        ]
        if not open_ones:
            raise forbidden(host, port, sorted({result["host"] for result in found}))
        return open_ones

    async def close(self) -> None:
        await self._resolver.close()


def _check_head(request: Request) -> None:
    if not _TOKEN.fullmatch(request.method):
        raise CallFailed("invalid_request", "The method is not the name of an HTTP method.")
    for name, value in request.headers.items():
        if not _TOKEN.fullmatch(name):
            raise CallFailed("invalid_request", f"{name!r:.100} is not the name of a header.")
        if _BAD_IN_VALUE.search(value):
            raise CallFailed(
                "invalid_request", f"The value of the header {name} has a control character in it."
            )
        try:
            value.encode()
        except UnicodeEncodeError:
            raise CallFailed("invalid_request", f"The value of the header {name} is not text.") from None


def forbidden(host: str, port: int, addresses: list[str]) -> CallFailed:
    if not addresses:
        return CallFailed("connect", f"{host} has no address.")
    reason = why_refused(ip_address(addresses[0]))
    shown = spelled(host.lower().rstrip("."), port)
    leads = "" if host == addresses[0] else f", which leads to {', '.join(addresses[:5])}"
    return CallFailed(
        "forbidden_address",
        f"{shown}{leads} was not called: the address is {reason}. "
        f"If it may be called, add {shown} to OUTBOUND_ALLOWED_NETWORKS.",
    )


def _failure(error: Exception, url: URL) -> CallFailed:
    where = spelled(url.raw_host or "", url.port or 0)
    for kind, reason, text in _FAILURES:
        if isinstance(error, kind):
            return CallFailed(
                reason, text.format(where=where, cause=cause_of(error), kind=type(error).__name__)
            )
    return CallFailed("invalid_request", f"The request cannot be sent ({type(error).__name__}).")


# The first that fits counts: many of aiohttp's errors are of several kinds.
_FAILURES: tuple[tuple[type[Exception], Reason, str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "tls", "The certificate of {where} was not accepted: {cause}."),
    (aiohttp.ClientSSLError, "tls", "TLS with {where} failed: {cause}."),
    (ssl.SSLError, "tls", "TLS with {where} failed: {cause}."),
    (aiohttp.ClientConnectorDNSError, "connect", "The name of {where} cannot be resolved: {cause}."),
    (aiohttp.ClientConnectorError, "connect", "No connection to {where}: {cause}."),
    (aiohttp.InvalidURL, "invalid_request", "The URL cannot be called."),
    (aiohttp.ServerDisconnectedError, "connect", "{where} closed the connection without an answer."),
    (aiohttp.ClientPayloadError, "connect", "The answer of {where} broke off or cannot be decoded."),
    (aiohttp.ClientResponseError, "connect", "What {where} answered is not HTTP."),
    (OSError, "connect", "The connection to {where} broke: {cause}."),
    (aiohttp.ClientError, "connect", "The call of {where} failed ({kind})."),
)


def cause_of(error: BaseException) -> str:
    """The operating system's or OpenSSL's own words: aiohttp's repeat the URL."""
    os_error = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(os_error, ssl.SSLCertVerificationError):
        return os_error.verify_message
    if isinstance(os_error, ssl.SSLError):
        return (os_error.reason or type(os_error).__name__).replace("_", " ").lower()
    text = getattr(os_error, "strerror", None)
    return str(text or type(os_error).__name__).rstrip(".")
