"""Logs of the children: one file each, of bounded size."""

import shutil
from pathlib import Path

LARGEST_LOG = 20_000_000


def cut_long_logs(folder: Path, largest: int = LARGEST_LOG) -> None:
    """Move what a log holds beyond `largest` bytes to `<name>.log.1` and begin it anew.

    The children append, so they go on at the new end; what one writes between copy and cut is lost.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > largest:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            with log.open("r+b") as file:
                file.truncate()
