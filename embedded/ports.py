"""TCP sockets that the parent binds before anything starts, and hands to its children."""

import errno
import socket
from pathlib import Path

from embedded.errors import CannotStart
from embedded.secret_files import write_private


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet; raises CannotStart where the port is taken or not allowed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise CannotStart(
            f"HOST is {host!r}, which is no address of this machine: {error.strerror}."
        ) from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} on {host} is taken; set PORT to another one.") from error
        raise CannotStart(f"Port {port} on {host} cannot be used: {error.strerror}.") from error
    return bound


def bind_kept(file: Path) -> socket.socket:
    """A socket on loopback: on the port in the file if that is free, else on one that goes into the file."""
    try:
        bound = bind("127.0.0.1", int(file.read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError, CannotStart):
        bound = bind("127.0.0.1", 0)
    write_private(file, f"{bound.getsockname()[1]}\n")
    return bound


def url_of(bound: socket.socket) -> str:
    """The URL at which this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing binds to it here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
