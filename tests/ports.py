"""Ports of loopback for servers that are started with their number."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Below those that a system gives to whoever wants any: a connection would take one before its server does.
CHOSEN = range(20_000, 32_768)


def free_ports(number: int) -> list[int]:
    free: list[int] = []
    for port in random.sample(CHOSEN, len(CHOSEN)):
        if len(free) == number:
            break
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            free.append(port)
    return free


@contextmanager
def mute_port() -> Iterator[int]:
    """One on which nobody listens: bound, so that nobody else comes to listen there meanwhile."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        yield int(mute.getsockname()[1])
