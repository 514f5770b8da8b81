"""Calls by libraries that block: each in a thread, on a line that can be cut from outside.

An event loop cannot end a thread, but it can end the connections that the thread waits for.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from outbound.addresses import AllowList, spelled
from outbound.client import cause_of
from outbound.exceptions import CallFailed
from outbound.sockets import connect

T = TypeVar("T")

THREADS = 64
MAX_RECEIVED = 1024 * 1024  # bytes read on one connection: servers that take something say little


class Line:
    """The connections of one call. `connect` is for the thread that makes it, `cut` for any."""

    def __init__(self, allowed: AllowList) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._is_cut = False

    def connect(
        self, host: str, port: int, *, timeout: float, tls: ssl.SSLContext | None = None
    ) -> socket.socket:
        """A connection, TLS included, made in `timeout` seconds. Raises CallFailed."""
        deadline = time.monotonic() + timeout
        plain = _BoundedSocket.of(connect(host, port, timeout=timeout, allowed=self._allowed))
        self._keep(plain)
        if tls is None:
            return plain
        where = spelled(host, port)
        tls.sslsocket_class = _BoundedTLSSocket
        try:
            plain.settimeout(max(0.001, deadline - time.monotonic()))
            return tls.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            text = f"The certificate of {where} was not accepted: {cause_of(error)}."
            raise CallFailed("tls", text) from None
        except TimeoutError:
            raise CallFailed("connect", f"There was no connection to {where} within {timeout:g} s.") from None
        except (OSError, ValueError) as error:
            raise CallFailed("tls", f"TLS with {where} failed: {cause_of(error)}.") from None
        finally:
            plain.close()  # it was detached where TLS goes on with it

    def cut(self) -> None:
        """End what is connected and let nothing else be. Whoever waits for an answer gets an error."""
        with self._lock:
            self._is_cut = True
            handles, self._handles = self._handles, []
        for handle in handles:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()

    def _keep(self, made: socket.socket) -> None:
        """A handle of its own: TLS takes the socket away, and closing one that a thread reads from ends nothing."""
        with self._lock:
            if not self._is_cut:
                self._handles.append(made.dup())
                return
        made.close()
        raise CallFailed("connect", "The call was ended before its connection was made.")


class Lines:
    """A bounded number of threads for such calls. Belongs to one event loop."""

    def __init__(self, allowed: AllowList, *, threads: int = THREADS) -> None:
        self._allowed = allowed
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="line")

    async def call(self, work: Callable[[Line], T], *, within: float, allowed: AllowList | None = None) -> T:
        """What `work` returns, in a thread, in `within` seconds; its line is cut then, or when this is cancelled.

        `allowed` stands in for what all may call. Raises CallFailed.
        """
        line = Line(self._allowed if allowed is None else allowed)
        try:
            async with asyncio.timeout(within) as bound:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work, line)
        except TimeoutError:
            if not bound.expired():
                raise
            raise CallFailed("timeout", f"It was not taken within {within:g} s.") from None
        finally:
            line.cut()

    def close(self) -> None:
        """Begin no other call; those that go on end with their lines."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Bounded:
    """Reads no more than MAX_RECEIVED bytes: a server that talks without end must not fill the memory."""

    received = 0

    def recv(self, *args: Any) -> bytes:
        data: bytes = super().recv(*args)  # type: ignore[misc]
        self._count(len(data))
        return data

    def recv_into(self, *args: Any) -> int:
        size: int = super().recv_into(*args)  # type: ignore[misc]
        self._count(size)
        return size

    def _count(self, size: int) -> None:
        self.received += size
        if self.received > MAX_RECEIVED:
            raise OSError("the server sent more than is read")


class _BoundedSocket(_Bounded, socket.socket):
    @classmethod
    def of(cls, made: socket.socket) -> "_BoundedSocket":
        timeout = made.gettimeout()
        bounded = cls(made.family, made.type, made.proto, fileno=made.detach())
        bounded.settimeout(timeout)
        return bounded


class _BoundedTLSSocket(_Bounded, ssl.SSLSocket):
    pass
