"""The first administrator's password: given at the first start, or made and kept in the data directory."""

from dataclasses import dataclass
from pathlib import Path

from embedded.secret_files import kept_secret, write_private


@dataclass(frozen=True)
class FirstAdministrator:
    """`password` for the command that makes the administrator, and for a person `where` it is."""

    password: str | None
    where: str


def first_administrator(data_dir: Path, given: str | None) -> FirstAdministrator:
    """A password that was given is never written down; that it was given is."""
    was_given = data_dir / "admin_password_was_given"
    kept = data_dir / "admin_password"
    if kept.exists() and given is not None:
        too_late = "BELFRY_ADMIN_PASSWORD counts at the first start only"
        return FirstAdministrator(kept_secret(kept), f"in the file {kept}; {too_late}")
    if given is not None:
        write_private(was_given, "")
    if was_given.exists():
        return FirstAdministrator(given, "the one in BELFRY_ADMIN_PASSWORD at the first start")
    return FirstAdministrator(kept_secret(kept), f"in the file {kept}")
