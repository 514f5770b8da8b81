"""Connections for what is not HTTP, only to addresses that may be called."""

import socket
import time
from ipaddress import ip_address

from outbound.addresses import AllowList, literal_address, spelled
from outbound.client import forbidden
from outbound.exceptions import CallFailed


def connect(host: str, port: int, *, timeout: float, allowed: AllowList) -> socket.socket:
    """A connection to one of the addresses of `host`, made in `timeout` seconds. Raises CallFailed."""
    try:
        literal = literal_address(host)
        found = socket.getaddrinfo(str(literal or host), port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, OverflowError):
        raise CallFailed("connect", f"The name of {host} cannot be resolved.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    permitted = [one for one in addresses if allowed.permits(host, ip_address(one), port)]
    if not permitted:
        raise forbidden(host, port, sorted(addresses))
    where, deadline = spelled(host, port), time.monotonic() + timeout
    problem = ""
    for address in permitted:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except TimeoutError:
            break
        except OSError as error:
            problem = error.strerror or type(error).__name__
    if problem:
        raise CallFailed("connect", f"No connection to {where}: {problem}.")
    raise CallFailed("connect", f"There was no connection to {where} within {timeout:g} s.")
