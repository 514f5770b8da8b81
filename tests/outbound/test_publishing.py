"""Messages to a real Valkey, and to servers that are none. AMQP is tried by tests/jobs/execution/test_queues.py."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outbound.addresses import AllowList
from outbound.brokers import Broker
from outbound.exceptions import CallFailed
from outbound.lines import Line, Lines
from outbound.publishing import Bounds, Message, publish
from tests.brokers import TcpValkey, take
from tests.certificates import authority, server_context, signed_by
from tests.peers import WITHIN, Peer, endless, hangs_up, relay_to, silent
from tests.ports import mute_port

LOOPBACK = AllowList.parse(["127.0.0.0/8"])
MESSAGE = Message("orders", b'{"a": 1}', "application/json", {"Idempotency-Key": "k"}, "k")
PASSWORD = "0f-the-broker"
# Longer than a busy machine takes.
PATIENT = Bounds(connect=WITHIN, silence=WITHIN)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpValkey]:
    with TcpValkey(tmp_path_factory.mktemp("valkey"), password=PASSWORD) as running:
        yield running


def send(
    url: str,
    *,
    bounds: Bounds = PATIENT,
    allowed: AllowList = LOOPBACK,
    password: str = PASSWORD,
    tls: ssl.SSLContext | None = None,
) -> None:
    line = Line(allowed)
    try:
        publish(MESSAGE, Broker.parse(url), line, bounds=bounds, login=("default", password), tls=tls)
    finally:
        line.cut()


def of_another(valkey: TcpValkey) -> str:
    return f"redis://default:{valkey.password}@127.0.0.1:{valkey.port}/1"


def test_message_is_what_kombu_reads(valkey: TcpValkey) -> None:
    send(valkey.url)

    [taken] = take(of_another(valkey), "orders")
    assert (taken.body, taken.content_type) == ({"a": 1}, "application/json")
    assert taken.headers == {"Idempotency-Key": "k"}
    assert (taken.properties["message_id"], taken.properties["delivery_mode"]) == ("k", 2)


def test_wrong_password_is_refused_without_showing_it(valkey: TcpValkey) -> None:
    with pytest.raises(CallFailed, match="refused the login") as raised:
        send(valkey.url, password="wr0ng-password")

    assert raised.value.reason == "invalid_request"
    assert "wr0ng-password" not in str(raised.value)


def test_queue_that_is_something_else_is_refused(valkey: TcpValkey) -> None:
    with valkey.client() as client:
        client.set("orders", "a text")

        with pytest.raises(CallFailed, match="refused it: WRONGTYPE") as raised:
            send(valkey.url)

        client.delete("orders")
    assert raised.value.reason == "invalid_request"


def test_address_that_is_not_allowed_is_not_called(valkey: TcpValkey) -> None:
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433"):
        with pytest.raises(CallFailed, match="OUTBOUND_ALLOWED_NETWORKS") as raised:
            send(f"redis://{host}:{valkey.port}", allowed=AllowList())
        assert raised.value.reason == "forbidden_address"


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
@pytest.mark.parametrize(
    ("meet", "reason"), [(silent, "timeout"), (hangs_up, "connect"), (endless, "connect")]
)
def test_server_that_is_no_broker(scheme: str, meet: Callable[[socket.socket], None], reason: str) -> None:
    with Peer(meet) as peer:
        # Only who stays silent is given up.
        bounds = Bounds(connect=WITHIN, silence=0.2) if meet is silent else PATIENT
        with pytest.raises(CallFailed) as raised:
            send(f"{scheme}://127.0.0.1:{peer.port}", bounds=bounds)

        assert raised.value.reason == reason
        assert peer.left.wait(WITHIN)
    assert peer.connections == 1


@pytest.mark.parametrize("scheme", ["amqps", "rediss"])
def test_server_that_never_ends_its_handshake(scheme: str) -> None:
    bounds = Bounds(connect=0.2, silence=10.0)
    with Peer(silent) as peer:
        with pytest.raises(CallFailed, match="no connection") as raised:
            send(f"{scheme}://127.0.0.1:{peer.port}", bounds=bounds, tls=ssl.create_default_context())

        assert raised.value.reason == "connect"
        assert peer.left.wait(WITHIN)


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_nobody_listens(scheme: str) -> None:
    with mute_port() as port, pytest.raises(CallFailed, match="refused") as raised:
        send(f"{scheme}://127.0.0.1:{port}")
    assert raised.value.reason == "connect"


def test_broker_that_dies_in_the_middle(valkey: TcpValkey) -> None:
    with Peer(relay_to(valkey.port, until=b"LPUSH")) as dying, pytest.raises(CallFailed) as raised:
        send(f"redis://127.0.0.1:{dying.port}/1")

    assert raised.value.reason == "connect"
    assert take(of_another(valkey), "orders") == []


def test_tls_is_verified_for_the_name(valkey: TcpValkey, tmp_path: Path) -> None:
    issuer = authority()
    trusting = ssl.create_default_context(cadata=issuer.pem)
    certificates = {"good": signed_by(issuer), "other": signed_by(issuer, address="127.0.0.2")}
    for name, certificate in certificates.items():
        with Peer(relay_to(valkey.port), server_context(certificate, tmp_path)) as peer:
            url = f"rediss://127.0.0.1:{peer.port}/1"
            if name == "good":
                send(url, tls=trusting)
            else:
                with pytest.raises(CallFailed, match="certificate") as raised:
                    send(url, tls=trusting)
                assert raised.value.reason == "tls"
            with pytest.raises(CallFailed) as raised:
                send(url, tls=ssl.create_default_context())
            assert raised.value.reason == "tls"

    assert len(take(of_another(valkey), "orders")) == 1


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_call_that_is_cancelled_hangs_up(scheme: str) -> None:
    async def cancel(peer: Peer) -> None:
        lines = Lines(LOOPBACK, threads=1)
        broker = Broker.parse(f"{scheme}://127.0.0.1:{peer.port}")

        def work(line: Line) -> None:
            publish(MESSAGE, broker, line, bounds=Bounds(10.0, 600.0))

        task = asyncio.create_task(lines.call(work, within=600.0))
        await asyncio.to_thread(peer.arrived.wait, WITHIN)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The only thread is free again.
        assert await lines.call(lambda _: "done", within=WITHIN) == "done"
        lines.close()

    with Peer(silent) as peer:
        asyncio.run(cancel(peer))
        assert peer.left.wait(WITHIN)


def test_call_that_takes_too_long_hangs_up() -> None:
    async def wait(peer: Peer) -> None:
        lines = Lines(LOOPBACK)

        def work(line: Line) -> bytes:
            made = line.connect("127.0.0.1", peer.port, timeout=10.0)
            made.settimeout(600.0)
            with made:
                return made.recv(1)

        with pytest.raises(CallFailed, match="within") as raised:
            await lines.call(work, within=1.0)
        assert raised.value.reason == "timeout"
        lines.close()

    with Peer(silent) as peer:
        asyncio.run(wait(peer))
        assert peer.left.wait(WITHIN)


def test_line_that_was_cut_connects_no_more() -> None:
    line = Line(LOOPBACK)
    line.cut()

    with Peer(silent) as peer, pytest.raises(CallFailed, match="was ended"):
        line.connect("127.0.0.1", peer.port, timeout=10.0)
