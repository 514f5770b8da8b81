"""Asking whether the web process is ready."""

import os
import socket
import sys
from urllib.parse import urlsplit

PATH = "/readyz"


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether the web process says that it is ready; `timeout` seconds for each step.

    By hand: `http.client` would hold TLS and mail in the memory of the parent for nothing.
    """
    parts = urlsplit(url)
    request = f"GET {PATH} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout) as connection:
            connection.sendall(request.encode())
            with connection.makefile("rb") as answer:
                return answer.readline(100).split()[1:2] == [b"200"]
    except OSError:
        return False


def main() -> int:
    """For a container's health check: 0 if the web process of this machine, on PORT or 8000, answers."""
    port = os.environ.get("PORT") or "8000"
    return 0 if answers(f"http://127.0.0.1:{port}") else 1


if __name__ == "__main__":
    sys.exit(main())
