"""What the person who starts Belfry chose, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import CannotStart

PROCESSES = ("web", "worker", "beat")


@dataclass(frozen=True)
class Options:
    """The choices that the parent itself acts on; every other variable goes to the children as it is."""

    project_dir: Path
    data_dir: Path
    host: str
    port: int
    processes: tuple[str, ...]
    database_url: str | None
    redis_url: str | None
    secret_key: str | None
    admin_password: str | None
    outbound_allowed_networks: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], project_dir: Path) -> "Options":
        """Raises CannotStart where a value makes no sense."""
        data_dir = Path(environment.get("BELFRY_DATA_DIR") or project_dir / "var").expanduser().absolute()
        return cls(
            project_dir=project_dir,
            data_dir=data_dir,
            host=environment.get("HOST") or "127.0.0.1",
            port=_port(environment.get("PORT") or "8000"),
            processes=_processes(environment.get("PROCESSES") or ",".join(PROCESSES)),
            database_url=value(environment, "DATABASE_URL"),
            redis_url=value(environment, "REDIS_URL"),
            secret_key=value(environment, "SECRET_KEY"),
            admin_password=value(environment, "BELFRY_ADMIN_PASSWORD"),
            outbound_allowed_networks=value(environment, "OUTBOUND_ALLOWED_NETWORKS") or "",
        )


def value(environment: Mapping[str, str], name: str) -> str | None:
    """The variable, or what is in the file that `<name>_FILE` names; None where neither is set."""
    path = environment.get(f"{name}_FILE")
    if not path:
        return environment.get(name) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise CannotStart(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise CannotStart(f"PORT is {text!r}; it must be a whole number from 0 to 65535 (0: any free port).")
    return int(text)


def _processes(text: str) -> tuple[str, ...]:
    asked = {name.strip() for name in text.split(",") if name.strip()}
    unknown = sorted(asked.difference(PROCESSES))
    if unknown or not asked:
        raise CannotStart(f"PROCESSES is {text!r}; it may list {', '.join(PROCESSES)}.")
    return tuple(name for name in PROCESSES if name in asked)
