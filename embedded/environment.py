"""What Belfry's own processes find in their environment."""

import os
from collections.abc import Mapping

from embedded.options import Options

HANDED_ON = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "OUTBOUND_ALLOWED_NETWORKS")
FOR_BOOTSTRAP_ONLY = "BELFRY_ADMIN_PASSWORD"


def for_processes(
    caller: Mapping[str, str],
    options: Options,
    *,
    database_url: str,
    redis_url: str,
    secret_key: str,
    example_url: str | None,
    web_url: str | None,
) -> dict[str, str]:
    """The caller's environment with our values in it; the first administrator's password is left out."""
    environment = {name: setting for name, setting in caller.items() if name not in _replaced()}
    allowed = [part for part in (options.outbound_allowed_networks, _host_and_port(example_url)) if part]
    environment |= {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secret_key,
        "BELFRY_DATA_DIR": str(options.data_dir),
        "PYTHONUNBUFFERED": "1",
    }
    if allowed:
        environment["OUTBOUND_ALLOWED_NETWORKS"] = ",".join(allowed)
    if example_url is not None:
        environment["DEMO_ENDPOINT_URL"] = example_url
    if web_url is not None and not (caller.get("BELFRY_URL") or caller.get("BELFRY_URL_FILE")):
        environment["BELFRY_URL"] = web_url
    return environment


def for_bootstrap(environment: Mapping[str, str], password: str | None) -> dict[str, str]:
    """The same, and the first administrator's password if there is one to set."""
    return {**environment, FOR_BOOTSTRAP_ONLY: password} if password is not None else dict(environment)


def for_example() -> dict[str, str]:
    """The example service is somebody else's in the demonstration: it knows no secret of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONUNBUFFERED": "1"}


def _replaced() -> set[str]:
    return {name + suffix for name in (*HANDED_ON, FOR_BOOTSTRAP_ONLY) for suffix in ("", "_FILE")}


def _host_and_port(url: str | None) -> str:
    return "" if url is None else url.partition("://")[2]
