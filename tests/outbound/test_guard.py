"""None of the addresses that may not be called is: not directly, and not by way of a redirect."""

import asyncio
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest

from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from outbound.messages import Request, Response
from tests.endpoint import WITHIN, Endpoint
from tests.outbound.disguises import hosts

HOSTS = hosts()


class Connections:
    """To where this process connected while it was `watching`: Python's own word, whoever asked for it."""

    def __init__(self) -> None:
        self.watching = False
        self.made: list[object] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.watching and event == "socket.connect":
            self.made.append(arguments[1])


WATCHED = Connections()


@pytest.fixture
def connections() -> Iterator[list[object]]:
    WATCHED.made.clear()
    WATCHED.watching = True
    yield WATCHED.made
    WATCHED.watching = False


@pytest.fixture
def inside() -> Iterator[Endpoint]:
    """What must not be called."""
    with Endpoint() as running:
        yield running


@pytest.fixture
def outside() -> Iterator[Endpoint]:
    """What may be called."""
    with Endpoint() as running:
        yield running


def send_all(
    requests: Sequence[Request], allowed: Sequence[str] = ()
) -> list[Response | CallFailed | BaseException]:
    async def call() -> list[Response | CallFailed | BaseException]:
        async with GuardedClient(AllowList.parse(allowed)) as client:
            return await asyncio.gather(*map(client.send, requests), return_exceptions=True)

    return asyncio.run(call())


def not_refused(urls: Sequence[str], answers: Sequence[object]) -> dict[str, object]:
    """Those that failed for another reason than the guard, or did not fail."""
    refused = {
        url
        for url, answer in zip(urls, answers, strict=True)
        if isinstance(answer, CallFailed)
        and (answer.reason == "forbidden_address" or is_unknown(url, answer))
    }
    return {url: answer for url, answer in zip(urls, answers, strict=True) if url not in refused}


def is_unknown(url: str, answer: CallFailed) -> bool:
    """Resolvers differ in whether they know these names."""
    is_name = any(name in url for name in ("localhost.", "%31"))
    return is_name and "cannot be resolved" in str(answer)


def test_no_disguise_is_called(inside: Endpoint, connections: list[object]) -> None:
    urls = [f"http://{host}:{inside.port}/" for host in HOSTS]

    answers = send_all([Request("GET", url, timeout=WITHIN) for url in urls])

    assert len(set(HOSTS)) >= 200
    assert not_refused(urls, answers) == {}
    assert (connections, inside.requests) == ([], [])


@pytest.mark.parametrize("hops", [1, 3])
def test_no_redirect_leads_to_a_disguise(
    inside: Endpoint, outside: Endpoint, connections: list[object], hops: int
) -> None:
    urls = [f"http://{host}:{inside.port}/" for host in HOSTS if "%" not in host]
    chains = urls
    for status in (307, 302, 303)[:hops]:
        chains = [f"{outside.url}/onward/{status}?to={quote(url, safe='')}" for url in chains]

    answers = send_all(
        [Request("GET", url, timeout=WITHIN, max_redirects=5) for url in chains],
        [f"127.0.0.1:{outside.port}"],
    )

    assert not_refused(urls, answers) == {}
    assert len(outside.requests) == hops * len(urls)
    assert inside.requests == []
    assert set(connections) == {("127.0.0.1", outside.port)}


def test_of_a_names_addresses_only_those_are_called_that_may_be(
    inside: Endpoint, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = socket.getaddrinfo

    def two_addresses(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [found for one in ("127.0.0.1", "127.0.0.2") for found in genuine(one, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    [answer] = send_all([Request("GET", f"http://both.example:{inside.port}/ok")], ["127.0.0.2"])

    # Nobody listens there.
    assert isinstance(answer, CallFailed)
    assert answer.reason == "connect"
    assert set(connections) == {("127.0.0.2", inside.port)}
    assert inside.requests == []
