"""Where a host is called: its base URL, from its name and its variables. Knows no framework."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SCHEMES = ("http", "https")


class NoAddress(ValueError):
    """A host's variables do not make a base URL; the message says why."""


def base_url(name: str, variables: Mapping[str, Any]) -> str:
    """`belfry_url`, or without it `belfry_scheme`://`ansible_host`:`ansible_port`. Raises NoAddress.

    The scheme is https where none is given, and the host's name stands for `ansible_host`.
    """
    whole = variables.get("belfry_url")
    if whole:
        return _checked(name, str(whole))
    scheme = str(variables.get("belfry_scheme") or "https")
    host = str(variables.get("ansible_host") or name)
    port = variables.get("ansible_port") or variables.get("ansible_ssh_port")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return _checked(name, f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}")


def _checked(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or any(character <= " " for character in url):
        raise NoAddress(f"Host {name} has no base URL that can be called.")
    return url
