"""The directory that holds everything of one embedded Belfry: the database, secrets, sockets and logs."""

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from embedded.errors import AlreadyRuns, CannotStart
from embedded.processes import wait_until

# The longest path of a unix socket: 104 bytes with the closing zero on macOS, 108 on Linux.
LONGEST_SOCKET_PATH = 103
LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432"
SECONDS_FOR_THE_LAST_RUN_TO_END = 60.0


class DataDirectory:
    """A data directory that this process alone uses, from `lock()` until the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.postgres = path / "postgres"
        self.logs = path / "log"
        self.beat_schedule = path / "celerybeat-schedule"
        self.lock_fd: int | None = None

    def create(self) -> None:
        """Make the folders that are missing, for our eyes only; those that exist keep their rights."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"The data directory {self.path} cannot be made: {error.strerror}. "
                "Set BELFRY_DATA_DIR to a folder of your own."
            ) from error

    def lock(
        self, say: Callable[[str], None] = lambda _: None, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Take the directory for this process, or raise AlreadyRuns if another Belfry has it.

        A Belfry that was killed leaves its guardian behind for the seconds in which it ends the rest: wait
        for that.
        """
        fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(fd):
            holder = _pid_in(fd)
            if holder is None or _is_alive(holder):
                os.close(fd)
                raise AlreadyRuns(
                    f"Belfry already runs on the data directory {self.path} "
                    f"(process {holder or 'just starting'}). "
                    "Stop it first, or set BELFRY_DATA_DIR to another folder."
                )
            say("the last run was killed: waiting until its processes have ended")
            if not wait_until(lambda: _try_lock(fd), SECONDS_FOR_THE_LAST_RUN_TO_END, pause):
                os.close(fd)
                raise CannotStart(f"Processes of the last run still use {self.path}; end them first.")
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self.lock_fd = fd

    def sockets(self) -> Path:
        """The folder for unix sockets: `run`, a link to a short path where its own would be too long."""
        run = self.path / "run"
        if run.is_symlink() and _is_private(run.resolve()):
            return run.resolve()
        if len(os.fsencode(run / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            if run.is_symlink():
                run.unlink()
            run.mkdir(mode=0o700, exist_ok=True)
            return run
        # TMPDIR may be deep as well (macOS), /tmp is not.
        short = Path(tempfile.mkdtemp(prefix="belfry-", dir="/tmp"))
        run.unlink(missing_ok=True)
        run.symlink_to(short)
        return short


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(fd: int) -> int | None:
    text = os.pread(fd, 32, 0).decode(errors="replace").strip()
    return int(text) if text.isdecimal() else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_private(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o077 == 0
