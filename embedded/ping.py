"""Asking whether the web process answers."""

import http.client
import os
import sys
from urllib.parse import urlsplit

PATH = "/api/v2/ping/"


def answers(url: str, allowed_hosts: str, timeout: float = 2.0) -> bool:
    """Whether `GET /api/v2/ping/` answers 200, asked as the first of ALLOWED_HOSTS if that names one."""
    parts = urlsplit(url)
    named = [host.strip().lstrip(".") for host in allowed_hosts.split(",") if host.strip() not in ("", "*")]
    host = named[0] if named else parts.netloc
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", PATH, headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """For a container's health check: 0 if the web process of this machine, on PORT or 8000, answers."""
    port = os.environ.get("PORT") or "8000"
    return 0 if answers(f"http://127.0.0.1:{port}", os.environ.get("ALLOWED_HOSTS", "")) else 1


if __name__ == "__main__":
    sys.exit(main())
