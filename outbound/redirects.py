"""What a redirect asks for, as far as it is done. Pure: no network, no Django."""

from collections.abc import Mapping
from dataclasses import replace

from yarl import URL

from outbound.exceptions import CallFailed
from outbound.messages import Request, Response
from outbound.urls import parse_url

STATUSES = (301, 302, 303, 307, 308)

# All that another origin is told. Any other header may be a credential, whatever it is called.
_FOR_ANYBODY = frozenset({"accept", "content-type", "idempotency-key", "user-agent"})


def onward(request: Request, response: Response) -> Request | None:
    """The call that `response` asks for; None where it is no redirect, or one that is not followed.

    Another origin (scheme, host or port) gets no credential: no header but a few, no user and password, no client
    certificate, and no body, so a redirect that wants the body sent there is not followed. Nor is one from https to
    http, and none that leads nowhere.
    """
    location = _location(response)
    if response.status not in STATUSES or location is None:
        return None
    here = parse_url(request.url)
    try:
        there = parse_url(str(here.join(URL(location)).with_fragment(None)))
    except (CallFailed, ValueError):
        return None
    if here.scheme == "https" and there.scheme == "http":
        return None
    moved = _with_method(request, response.status)
    if _origin(here) == _origin(there):
        return replace(moved, url=str(there))
    if moved.body is not None:
        return None
    return replace(
        moved,
        url=str(there.with_user(None)),
        headers=_only(moved.headers, _FOR_ANYBODY),
        ssl_context=None,
    )


def _location(response: Response) -> str | None:
    return next((value for name, value in response.headers if name.lower() == "location"), None)


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.raw_host or "").rstrip("."), url.port


def _with_method(request: Request, status: int) -> Request:
    """RFC 9110, section 15.4: 303 asks to look, and 301 and 302 have come to mean that for a POST."""
    looks = (status == 303 and request.method not in ("GET", "HEAD")) or (
        status in (301, 302) and request.method == "POST"
    )
    if not looks:
        return request
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    return replace(request, method="GET", body=None, headers=headers)


def _only(headers: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in names}
