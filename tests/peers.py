"""Servers on free ports of loopback that do with a connection what their tests need: mostly the wrong thing."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

# Longer than a busy machine takes: what it ends is a hang.
WITHIN = 120.0


class Peer:
    """`meet` is called with each connection, in a thread of its own; `arrived` and `left`: one began, one ended."""

    def __init__(self, meet: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.arrived = threading.Event()
        self.left = threading.Event()
        self.connections = 0
        self._meet = meet
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in (self._accepting, *self._threads):
            thread.join(WITHIN)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(WITHIN)
        self.arrived.set()
        try:
            with connection, contextlib.suppress(OSError):
                if self._tls is None:
                    self._meet(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as encrypted:
                        self._meet(encrypted)
        finally:
            self.left.set()


def silent(connection: socket.socket) -> None:
    """Hears everything, and says nothing."""
    while connection.recv(4096):
        pass


def hangs_up(connection: socket.socket) -> None:
    """At the first word of the client."""
    connection.recv(1)


def leaves(connection: socket.socket) -> None:
    """At once."""


def endless(connection: socket.socket) -> None:
    """Says something that is no answer, for ever."""
    while True:
        connection.sendall(b"+" * 65536)


def relay_to(port: int, *, until: bytes = b"") -> Callable[[socket.socket], None]:
    """To another server of loopback; where the client says `until`, both are left without another word."""

    def meet(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            # In one thread: a connection with TLS must not be read and written to at once.
            while sources := _with_data(connection, server):
                for source, sink in ((connection, server), (server, connection)):
                    if source in sources:
                        data = source.recv(65536)
                        if not data or (until and source is connection and until in data):
                            return
                        sink.sendall(data)

    return meet


def _with_data(connection: socket.socket, server: socket.socket) -> list[socket.socket]:
    """Those of both that something can be read from; none after a while."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return [connection]
    return select.select([connection, server], [], [], WITHIN)[0]
