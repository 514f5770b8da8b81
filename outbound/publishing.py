"""A message is put into a queue, by Kombu's transports. No connection is kept, nothing is tried twice."""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import amqp.exceptions
import kombu
import redis.exceptions
from amqp.transport import TCPTransport
from kombu.transport import pyamqp, redis as kombu_redis

from outbound.addresses import spelled
from outbound.brokers import Broker
from outbound.exceptions import CallFailed, Reason
from outbound.lines import MAX_RECEIVED, Line

# Where nobody said who logs in: AMQP's own default, which RabbitMQ takes from its own machine only.
GUEST = ("guest", "guest")
GOODBYE = 2.0  # seconds that a broker has to say goodbye
MAX_REASON = 200

Open = Callable[[], socket.socket]

_ERRORS = (OSError, amqp.exceptions.AMQPError, amqp.exceptions.MessageNacked, redis.exceptions.RedisError)


@dataclass(frozen=True, slots=True)
class Message:
    """`key` is the message's id: the same when it is published again."""

    queue: str
    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str] = field(repr=False)
    key: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds: for the connection with its TLS, and for how long the broker may be silent then."""

    connect: float
    silence: float


def publish(
    message: Message,
    broker: Broker,
    line: Line,
    *,
    bounds: Bounds,
    login: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Returns when the broker has the message: an AMQP broker confirms it, a Redis answers. Raises CallFailed.

    A queue that an AMQP broker does not have is declared, durable; one that it has is taken as it is.
    """

    def open_line() -> socket.socket:
        made = line.connect(broker.host, broker.port, timeout=bounds.connect, tls=tls)
        made.settimeout(bounds.silence)
        return made

    where = spelled(broker.host, broker.port)
    connection = _connection(broker, login, open_line, bounds)
    try:
        established = connection.transport.establish_connection()
        try:
            _put(message, broker, connection, established)
        finally:
            _say_goodbye(connection, established)
    except CallFailed:
        raise
    except (TimeoutError, redis.exceptions.TimeoutError):
        raise CallFailed("timeout", f"{where} was silent for {bounds.silence:g} s.") from None
    except _ERRORS as error:
        raise _failure(error, where) from None


def _connection(
    broker: Broker, login: tuple[str, str] | None, open_line: Open, bounds: Bounds
) -> kombu.Connection:
    user, password = login or (GUEST if broker.is_amqp else (None, None))
    options: dict[str, Any] = {"open_line": open_line}
    if broker.is_amqp:
        options |= {"confirm_publish": True}
    else:
        options |= {"socket_timeout": bounds.silence, "health_check_interval": 0}
    return kombu.Connection(
        hostname=f"[{broker.host}]" if ":" in broker.host else broker.host,
        port=broker.port,
        userid=user,
        password=password,
        virtual_host=broker.virtual_host,
        connect_timeout=bounds.silence,
        heartbeat=0,
        transport=_AmqpTransport if broker.is_amqp else _RedisTransport,
        transport_options=options,
    )


def _put(message: Message, broker: Broker, connection: kombu.Connection, established: Any) -> None:
    if broker.is_amqp:
        _ensure_queue(message.queue, established)
    channel = connection.transport.create_channel(established)
    kombu.Producer(channel).publish(
        message.body,
        routing_key=message.queue,
        content_type=message.content_type,
        content_encoding="utf-8",
        headers=dict(message.headers),
        message_id=message.key,
        # A broker confirms what no queue takes, too, unless it is to be returned.
        mandatory=True,
    )


def _ensure_queue(name: str, established: Any) -> None:
    # Who may only publish may still ask whether it is there.
    try:
        established.channel().queue_declare(name, passive=True)
    except amqp.exceptions.NotFound:
        established.channel().queue_declare(name, durable=True, auto_delete=False)


def _say_goodbye(connection: kombu.Connection, established: Any) -> None:
    """What is in the queue stays there, however the broker takes leave."""
    if isinstance(established, _AmqpConnection):
        established.hurry(GOODBYE)
    with suppress(*_ERRORS):
        connection.transport.close_connection(established)
    if isinstance(established, _AmqpConnection):
        established.collect()


def _failure(error: Exception, where: str) -> CallFailed:
    for kind, reason, text in _FAILURES:
        if isinstance(error, kind):
            return CallFailed(reason, text.format(where=where, why=_why(error)))
    return CallFailed("connect", f"The connection to {where} broke: {_why(error)}.")


# The first that fits counts.
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Reason, str], ...] = (
    (redis.exceptions.AuthenticationError, "invalid_request", "{where} refused the login: {why}."),
    (
        (amqp.exceptions.AccessRefused, amqp.exceptions.NotAllowed, redis.exceptions.NoPermissionError),
        "invalid_request",
        "{where} does not allow it: {why}.",
    ),
    (
        (
            redis.exceptions.OutOfMemoryError,
            redis.exceptions.ReadOnlyError,
            redis.exceptions.BusyLoadingError,
        ),
        "connect",
        "{where} takes nothing now: {why}.",
    ),
    (amqp.exceptions.MessageNacked, "connect", "{where} did not take the message."),
    (redis.exceptions.ConnectionError, "connect", "The connection to {where} broke: {why}."),
    (
        (amqp.exceptions.RecoverableConnectionError, amqp.exceptions.RecoverableChannelError),
        "connect",
        "{where} broke off: {why}.",
    ),
    (
        (amqp.exceptions.IrrecoverableChannelError, redis.exceptions.ResponseError),
        "invalid_request",
        "{where} refused it: {why}.",
    ),
    (amqp.exceptions.ChannelError, "connect", "{where} did not put it into the queue: {why}."),
)


def _why(error: Exception) -> str:
    """The broker's or the system's own words, as far as they can be shown."""
    text = getattr(error, "reply_text", None) or getattr(error, "strerror", None) or str(error)
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text)[:MAX_REASON])
    return shown.strip().rstrip(".") or type(error).__name__


# The stubs of amqp and Kombu know neither these methods nor these attributes.


class _AmqpLine(TCPTransport):
    """AMQP on a connection that was made elsewhere, TLS included."""

    sock: socket.socket

    def __init__(self, host: str, *, open_line: Open) -> None:
        super().__init__(host)
        self._open_line = open_line

    def _connect(self, host: str, port: int, timeout: float | None) -> None:
        self.sock = self._open_line()
        self._silence = self.sock.gettimeout()

    def _setup_transport(self) -> None:
        # Its parent has made the socket wait without end.
        self.sock.settimeout(self._silence)
        super()._setup_transport()  # type: ignore[misc]

    def _read(self, n: int, *args: Any, **options: Any) -> bytes:
        if n > MAX_RECEIVED:
            raise OSError("what was answered is not AMQP, or too long")
        read: bytes = super()._read(n, *args, **options)  # type: ignore[misc]
        return read


class _AmqpConnection(pyamqp.Connection):
    def __init__(self, *, open_line: Open, **options: Any) -> None:
        super().__init__(**options)
        self._open_line = open_line

    def Transport(self, host: str, *args: Any, **options: Any) -> _AmqpLine:  # noqa: N802 (as it is called)
        return _AmqpLine(host, open_line=self._open_line)

    def hurry(self, seconds: float) -> None:
        """From now on the broker has so long for each answer."""
        if self.connected:
            self.transport.sock.settimeout(seconds)


class _AmqpTransport(pyamqp.Transport):
    Connection = _AmqpConnection


class _RedisConnection(redis.Connection):
    def __init__(self, *, open_line: Open, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._open_line = open_line

    def _connect(self) -> socket.socket:
        return self._open_line()


class _RedisChannel(kombu_redis.Channel):
    connection_class = _RedisConnection

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 (as it is called)
        parameters: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        client: Any = self.connection.client
        return parameters | {"open_line": client.transport_options["open_line"]}


class _RedisTransport(kombu_redis.Transport):
    Channel = _RedisChannel
