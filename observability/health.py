"""`/healthz` and `/readyz`: what a supervisor or a load balancer asks a web process, without a login."""

import logging
import pkgutil
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponseBase, JsonResponse

logger = logging.getLogger(__name__)

OK = "ok"
# For so many seconds an answer stands, so that asking often costs nothing.
STANDS = 1.0
# One attempt, and no longer than this.
_BROKER_BOUNDS = {"max_retries": 0, "socket_connect_timeout": 2.0, "socket_timeout": 2.0}

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def probes(get_response: GetResponse) -> GetResponse:
    """Middleware, the first: probes come by address and know no name of ALLOWED_HOSTS."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return JsonResponse({"status": OK})
        if request.path == "/readyz":
            checks = readiness()
            is_ready = all(state == OK for state in checks.values())
            body = {"status": OK if is_ready else "not ready", "checks": checks}
            return JsonResponse(body, status=200 if is_ready else 503)
        return get_response(request)

    return answer


class _Last:
    """The last answer of this process, and when it was found, by the monotonic clock."""

    checks: dict[str, str] = {}
    at = float("-inf")
    # Nobody takes them back while Belfry runs.
    migrations_applied = False


def readiness() -> dict[str, str]:
    """What must be there for requests to be served, each with "ok" or what is the matter. No secrets."""
    if time.monotonic() - _Last.at >= STANDS:
        checks = {"database": _database(), "broker": _broker(), "migrations": _migrations()}
        _Last.checks, _Last.at = checks, time.monotonic()
        for name, state in checks.items():
            if state != OK:
                logger.warning("Not ready: %s %s.", name, state, extra={"action": "readiness"})
    return _Last.checks


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return "unreachable"
    return OK


def _broker() -> str:
    options: dict[str, Any] = {**(current_app.conf.broker_transport_options or {}), **_BROKER_BOUNDS}
    try:
        with current_app.connection(
            settings.CELERY_BROKER_URL, transport_options=options, connect_timeout=2
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception:  # noqa: BLE001 (whatever the broker's driver raises)
        return "unreachable"
    return OK


def _migrations() -> str:
    if not _Last.migrations_applied:
        try:
            applied = MigrationRecorder(connection).applied_migrations()
        except Error:
            return "unknown"
        _Last.migrations_applied = applied.keys() >= set(_known_migrations())
    return OK if _Last.migrations_applied else "not applied"


def _known_migrations() -> Iterator[tuple[str, str]]:
    """App and name of each migration, by the files alone: to read them all takes a second, and 10 MB that stay."""
    for app in apps.get_app_configs():
        package = find_spec(f"{app.name}.migrations")
        for module in pkgutil.iter_modules(package.submodule_search_locations if package else []):
            if not module.name.startswith("_"):
                yield app.label, module.name
