import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from outbound.messages import Request, Response
from tests.endpoint import WITHIN, Endpoint
from tests.ports import mute_port

LOOPBACK = ("127.0.0.0/8", "::1")


def send(request: Request, *, allowed: tuple[str, ...] = LOOPBACK, max_body: int = 1000) -> Response:
    async def call() -> Response:
        async with GuardedClient(AllowList.parse(allowed), max_body=max_body) as client:
            return await client.send(request)

    return asyncio.run(call())


def failure(request: Request, *, allowed: tuple[str, ...] = LOOPBACK) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        send(request, allowed=allowed)
    return caught.value


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def unknown_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's context whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_answer_comes_back(endpoint: Endpoint) -> None:
    response = send(Request("POST", endpoint.url + "/ok?a=b", {"X-A": "1"}, b"body"))

    assert (response.status, response.body, response.truncated) == (
        200,
        b'{"status": "ok", "processed": 3}',
        False,
    )
    [sent] = endpoint.requests
    assert (sent["method"], sent["path"], sent["body"], sent["headers"]["X-A"]) == (
        "POST",
        "/ok?a=b",
        b"body",
        "1",
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ],
)
def test_loopback_is_refused_in_every_spelling(endpoint: Endpoint, host: str) -> None:
    error = failure(Request("GET", f"http://{host}:{endpoint.port}/"), allowed=())

    assert error.reason == "forbidden_address"
    assert "OUTBOUND_ALLOWED_NETWORKS" in str(error)
    assert not endpoint.requests


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost"])
def test_what_a_refusal_says_to_add_opens_the_way(endpoint: Endpoint, host: str) -> None:
    request = Request("GET", f"http://{host}:{endpoint.port}/ok")
    entry = str(failure(request, allowed=())).partition("add ")[2].partition(" to ")[0]

    response = send(request, allowed=(entry,))

    assert response.status == 200


def test_redirect_is_not_followed(endpoint: Endpoint) -> None:
    response = send(Request("GET", endpoint.url + "/redirect"))

    assert (response.status, dict(response.headers)["Location"]) == (302, "/status/200")
    assert len(endpoint.requests) == 1


def test_environment_proxy_is_not_used(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert send(Request("GET", endpoint.url + "/ok")).status == 200


def test_no_cookie_is_kept(endpoint: Endpoint) -> None:
    async def call_twice() -> None:
        async with GuardedClient(AllowList.parse(LOOPBACK)) as client:
            for _ in range(2):
                await client.send(Request("GET", endpoint.url + "/ok"))

    asyncio.run(call_twice())

    assert [request["headers"].get("Cookie") for request in endpoint.requests] == [None, None]


@pytest.mark.parametrize(
    ("size", "read", "truncated"), [(999, 999, False), (1000, 1000, False), (1001, 1000, True)]
)
def test_answer_is_read_up_to_a_bound(endpoint: Endpoint, size: int, read: int, truncated: bool) -> None:
    response = send(Request("GET", f"{endpoint.url}/big/{size}"))

    assert (len(response.body), response.truncated) == (read, truncated)


def test_endless_answer_is_cut(endpoint: Endpoint) -> None:
    assert send(Request("GET", endpoint.url + "/endless")).truncated


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/reset", "/broken"])
def test_broken_connection_is_not_tried_again(endpoint: Endpoint, method: str, path: str) -> None:
    error = failure(Request(method, endpoint.url + path))

    assert error.reason == "connect"
    assert len(endpoint.requests) == 1


def test_slow_answer_is_a_timeout(endpoint: Endpoint) -> None:
    # Time enough for the request to arrive.
    error = failure(Request("GET", endpoint.url + "/hold", timeout=2.0))

    assert (error.reason, str(error)) == ("timeout", "There was no complete answer within 2 s.")
    assert endpoint.hung_up.wait(WITHIN)


def test_nobody_listens() -> None:
    with mute_port() as port:
        error = failure(Request("GET", f"http://bob:pa55word@127.0.0.1:{port}/"))

    assert error.reason == "connect"
    assert f"127.0.0.1:{port}" in str(error)
    assert "pa55word" not in str(error)


def test_connection_that_is_never_made_ends_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.create_connection(("127.0.0.1", port))]
        for _ in range(3):
            extra = socket.socket()
            extra.setblocking(False)  # noqa: FBT003
            extra.connect_ex(("127.0.0.1", port))
            waiting.append(extra)

        error = failure(Request("GET", f"http://127.0.0.1:{port}/", connect_timeout=0.2, timeout=5))

        for each in waiting:
            each.close()
    assert (error.reason, str(error)) == ("connect", "There was no connection within 0.2 s.")


def test_what_is_not_http_is_a_failure() -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()
        writer.close()

    async def call() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server, GuardedClient(AllowList.parse(LOOPBACK)) as client:
            await client.send(Request("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))

    with pytest.raises(CallFailed) as caught:
        asyncio.run(call())
    assert caught.value.reason == "connect"


def test_unknown_certificate_is_refused_unless_told_otherwise(unknown_certificate: ssl.SSLContext) -> None:
    with Endpoint(tls=unknown_certificate) as endpoint:
        error = failure(Request("GET", endpoint.url + "/ok"))
        unverified = send(Request("GET", endpoint.url + "/ok", verify_ssl=False))

    assert error.reason == "tls"
    assert "certificate" in str(error)
    assert unverified.status == 200


def test_tls_with_who_speaks_none(endpoint: Endpoint) -> None:
    error = failure(Request("GET", endpoint.url.replace("http:", "https:")))

    assert error.reason == "tls"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "/path",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a/\x00",
        "http://1.2.3.4.5/",
        "http://a\ud800/",
        "http://" + "a" * 300 + "/",
    ],
)
def test_bad_url_is_an_invalid_request(url: str) -> None:
    assert failure(Request("GET", url)).reason in ("invalid_request", "connect")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GE T", {}),
        ("", {}),
        ("GET", {"X A": "b"}),
        ("GET", {"": "b"}),
        ("GET", {"X-Ä": "b"}),
        ("GET", {"X-A": "b\r\nX-B: c"}),
        ("GET", {"X-A": "b\x00"}),
        ("GET", {"X-A": "\ud800"}),
    ],
)
def test_bad_head_is_an_invalid_request(endpoint: Endpoint, method: str, headers: dict[str, str]) -> None:
    assert failure(Request(method, endpoint.url, headers)).reason == "invalid_request"
    assert not endpoint.requests


def test_name_without_address() -> None:
    error = failure(Request("GET", "http://no-such-host.invalid/"))

    assert error.reason == "connect"


def test_user_and_password_of_the_url_are_sent_as_basic(endpoint: Endpoint) -> None:
    send(Request("GET", endpoint.url.replace("//", "//bob:pa55@") + "/ok"))

    assert endpoint.requests[0]["headers"]["Authorization"] == "Basic Ym9iOnBhNTU="


def test_header_wins_over_user_and_password_of_the_url(endpoint: Endpoint) -> None:
    send(Request("GET", endpoint.url.replace("//", "//bob:pa55@") + "/ok", {"authorization": "Bearer x"}))

    assert endpoint.requests[0]["headers"]["Authorization"] == "Bearer x"


def test_repr_of_a_request_has_no_secret() -> None:
    request = Request("GET", "http://bob:pa55@a/", {"Authorization": "Bearer x"}, b"token")

    assert (
        repr(request)
        == "Request(method='GET', verify_ssl=True, timeout=30.0, connect_timeout=10.0, read_timeout=None)"
    )
