"""Asking whether the web process is ready."""

import http.client
import os
import sys
from urllib.parse import urlsplit

PATH = "/readyz"


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether the web process says that it is ready."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """For a container's health check: 0 if the web process of this machine, on PORT or 8000, answers."""
    port = os.environ.get("PORT") or "8000"
    return 0 if answers(f"http://127.0.0.1:{port}") else 1


if __name__ == "__main__":
    sys.exit(main())
