"""Secrets that are made once and kept in the data directory, readable by its owner only."""

import os
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in the file; the first call makes it (256 bits) and the file (0600)."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        # Read at the first start alone: OpenSSL's hashes are 5 MB of the parent, which stays.
        from secrets import token_urlsafe  # noqa: PLC0415

        secret = token_urlsafe(32)
        write_private(path, f"{secret}\n")
        return secret


def write_private(path: Path, text: str) -> None:
    """Write the file so that a crash leaves the old one or the new one, never a half."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
