"""Asking whether the web process answers."""

import http.client
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
