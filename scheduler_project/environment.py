"""Reads settings from the environment. Each variable `X` can also be given as a file's path in `X_FILE`.

What makes no sense raises ImproperlyConfigured with the variable's name; URLs are not quoted, for they hold passwords.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from outbound.exceptions import CallFailed
from outbound.urls import parse_url

env = environ.FileAwareEnv()

TRUE = ("true", "on", "yes", "y", "ok", "1")
FALSE = ("false", "off", "no", "n", "0", "")
REDIS = ("redis", "rediss", "unix")
POSTGRESQL = ("postgresql", "postgres", "pgsql", "psql")


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = str(env.str(name, default=default)).strip().lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it may be {' or '.join(allowed)}.")
    return value


def switch(name: str) -> bool:
    """Off where nothing is said."""
    value = str(env.str(name, default="")).strip().lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; it may be true or false.")
    return value in TRUE


def whole_number(name: str, default: int, minimum: int, maximum: int | None = None) -> int:
    text = str(env.str(name, default=str(default)))
    try:
        value = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a whole number.") from None
    if value < minimum:
        raise ImproperlyConfigured(f"{name} is {value}; it must be at least {minimum}.")
    if maximum is not None and value > maximum:
        raise ImproperlyConfigured(f"{name} is {value}; it must be at most {maximum}.")
    return value


def web_address(name: str, default: str) -> str:
    """An http or https URL; the default where nothing is said."""
    url = str(env.str(name, default="")) or default
    if url:
        try:
            parse_url(url)
        except CallFailed as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    return url


def postgresql(name: str) -> dict[str, Any]:
    """Django's settings of the database at a URL."""
    problem = f"{name} must be the URL of a PostgreSQL database: postgresql://user:password@host:5432/name."
    if urlsplit(str(env.str(name))).scheme not in POSTGRESQL:
        raise ImproperlyConfigured(problem)
    try:
        database: dict[str, Any] = env.db(name)
    except ValueError:
        raise ImproperlyConfigured(problem) from None
    # The path of a unix socket's folder is percent-encoded in a URL.
    return {**database, "HOST": unquote(database["HOST"])}


def redis(name: str) -> str:
    """The URL of a Redis or Valkey."""
    url = str(env.str(name))
    # Without redis-py's own reader, which brings all of redis-py into processes that send no message.
    try:
        parts = urlsplit(url)
        readable = parts.scheme in REDIS and parts.port != 0
    except ValueError:
        readable = False
    if not readable:
        raise ImproperlyConfigured(
            f"{name} must be the URL of a Redis or Valkey, such as redis://localhost:6379/0."
        )
    return url
