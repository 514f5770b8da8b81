"""Which redirects are followed, and what goes along."""

import asyncio
import ssl
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.messages import Request, Response
from outbound.redirects import onward
from tests.endpoint import Endpoint

HERE = "https://here.example/a?b=c"
SECRETS = {"Authorization": "Bearer x", "X-Api-Key": "y", "Cookie": "z", "webhook-signature": "v1,w"}
PLAIN = {"User-Agent": "Belfry", "Idempotency-Key": "k", "Accept": "application/json"}


def redirect(status: int, location: str | None) -> Response:
    headers = () if location is None else (("Location", location),)
    return Response(status, headers, b"", truncated=False)


@pytest.mark.parametrize(
    ("method", "status", "followed_by"),
    [
        ("GET", 301, "GET"),
        ("GET", 302, "GET"),
        ("GET", 303, "GET"),
        ("GET", 307, "GET"),
        ("GET", 308, "GET"),
        ("HEAD", 303, "HEAD"),
        ("HEAD", 302, "HEAD"),
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("DELETE", 308, "DELETE"),
    ],
)
def test_method_and_body_after_a_redirect(method: str, status: int, followed_by: str) -> None:
    request = Request(method, HERE, SECRETS | {"Content-Type": "text/plain"}, b"body")

    moved = onward(request, redirect(status, "/there"))

    assert moved is not None
    assert (moved.method, moved.url) == (followed_by, "https://here.example/there")
    kept = followed_by == method
    assert (moved.body, "Content-Type" in moved.headers) == ((b"body", True) if kept else (None, False))
    assert SECRETS.items() <= moved.headers.items()


@pytest.mark.parametrize(
    "location",
    [
        "https://there.example/",
        "//there.example/",
        "https://here.example:8443/",
        "https://here.example.there.example/",
        "https://bob:pa55@there.example/",
        "https://here.example@there.example/",
    ],
)
def test_another_origin_is_told_no_secret(location: str) -> None:
    request = Request(
        "GET", "https://ann:pa55@here.example/", SECRETS | PLAIN, ssl_context=ssl.create_default_context()
    )

    moved = onward(request, redirect(302, location))

    assert moved is not None
    assert (dict(moved.headers), moved.ssl_context) == (PLAIN, None)
    assert "@" not in moved.url


@pytest.mark.parametrize("location", ["/b", "?c", "https://HERE.example:443/b", "https://here.example./b"])
def test_own_origin_in_other_words(location: str) -> None:
    moved = onward(Request("GET", HERE, SECRETS), redirect(302, location))

    assert moved is not None
    assert moved.headers == SECRETS


@pytest.mark.parametrize(
    ("method", "status", "location"),
    [
        ("GET", 200, "/there"),
        ("GET", 300, "/there"),
        ("GET", 304, "/there"),
        ("GET", 302, None),
        ("GET", 302, "ftp://here.example/"),
        ("GET", 302, "file:///etc/passwd"),
        ("GET", 302, "javascript:alert(1)"),
        ("GET", 302, "http://[::1"),
        ("GET", 302, "https://here.example:99999/"),
        # down from TLS
        ("GET", 302, "http://here.example/"),
        # a body for somebody else
        ("POST", 307, "https://there.example/"),
        ("PUT", 302, "https://there.example/"),
    ],
)
def test_what_is_not_followed(method: str, status: int, location: str | None) -> None:
    body = None if method == "GET" else b"body"

    assert onward(Request(method, HERE, {}, body), redirect(status, location)) is None


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def send(request: Request) -> Response:
    async def call() -> Response:
        async with GuardedClient(AllowList.parse(["127.0.0.1"])) as client:
            return await client.send(request)

    return asyncio.run(call())


def led_to(url: str, endpoint: Endpoint, status: int = 302) -> str:
    return f"{endpoint.url}/onward/{status}?to={quote(url, safe='')}"


def test_redirects_are_followed_as_far_as_the_request_says(endpoint: Endpoint) -> None:
    url = endpoint.url + "/ok"
    for _ in range(3):
        url = led_to(url, endpoint)

    answers = [send(Request("GET", url, max_redirects=most)) for most in (0, 2, 3)]

    assert [answer.status for answer in answers] == [302, 302, 200]
    assert [len(answer.redirects) for answer in answers] == [0, 2, 3]
    assert answers[2].redirects[-1] == endpoint.url + "/ok"
    assert len(endpoint.requests) == 1 + 3 + 4


def test_circle_ends(endpoint: Endpoint) -> None:
    answer = send(Request("GET", endpoint.url + "/onward/302?to=%3Fto%3D", max_redirects=5))

    assert (answer.status, len(endpoint.requests)) == (302, 6)


def test_credentials_stay_where_they_belong(endpoint: Endpoint, other: Endpoint) -> None:
    url = led_to(led_to(endpoint.url + "/ok", other), endpoint).replace("//", "//ann:pa55@", 1)

    send(Request("GET", url, SECRETS | PLAIN, max_redirects=5))

    [received] = other.requests
    assert {name for name in received["headers"] if name.lower() in map(str.lower, SECRETS)} == set()
    # Who was led away and back again comes as a stranger.
    assert "Authorization" not in endpoint.requests[1]["headers"]


def test_time_is_for_all_calls_together(endpoint: Endpoint) -> None:
    url = led_to(led_to(endpoint.url + "/sleep/0.3", endpoint), endpoint)

    with pytest.raises(Exception, match=r"within 0\.2 s"):
        send(Request("GET", url, timeout=0.2, max_redirects=5))
