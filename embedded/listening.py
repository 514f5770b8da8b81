"""Whether something listens where a URL of a Redis leads."""

import socket
from urllib.parse import unquote, urlsplit

REDIS_PORT = 6379


def silent_place(url: str, seconds: float = 3.0) -> str | None:
    """The place that a URL names, if nothing takes connections there: without the password that the URL may hold.

    None for a URL that is none: the settings say what is wrong with it.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "localhost", parts.port or REDIS_PORT
    except ValueError:
        return None
    path = unquote(parts.path)
    try:
        if parts.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(seconds)
                connection.connect(path)
        else:
            socket.create_connection((host, port), seconds).close()
    except OSError:
        return path if parts.scheme == "unix" else f"{host}:{port}"
    return None
