"""PostgreSQL in a folder: made with `initdb`, reached by a unix socket and a password, and nothing else."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from embedded.errors import CannotStart
from embedded.postgres_binaries import BUILTIN_LOCALES_SINCE, Binaries, find_binaries, usable_by
from embedded.processes import Command, StopSteps, end, environment_for_engines, last_lines, spawn, wait_until
from embedded.running_processes import processes_with

NAME = "belfry"
NOBODY = 65534
# A team's data is small, and what is read often is in the system's cache, too. Nobody subscribes to anything.
FRUGAL = {"shared_buffers": "32MB", "max_connections": "50", "max_logical_replication_workers": "0"}
# As before that version: three processes would read ahead.
FRUGAL_SINCE_18 = {"io_method": "sync"}
SECONDS_TO_READY = 60.0
# The postmaster's own words: SIGINT is the fast shutdown (sessions are cut, data is written), SIGQUIT the
# immediate one. A plain SIGTERM would wait for every session to leave.
STOP: StopSteps = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


class Postgres:
    """One PostgreSQL server. `data` and `sockets` are ours alone; `sockets` exists, `data` need not.

    Run by root, which PostgreSQL refuses to be, the server is user 65534. It is handed its two folders open,
    so it needs no right on the folders above them, and nobody else of that user can walk to the data.
    """

    def __init__(
        self,
        data: Path,
        sockets: Path,
        password: str,
        log: Path,
        *,
        durable: bool = True,
        frugal: bool = False,
    ) -> None:
        """With `durable=False` (tests) nothing waits for the disk: a power loss may ruin the database. And tables are
        tidied and weighed only when somebody asks for it: so plans do not depend on when a test is run.

        With `frugal` it takes less memory than by PostgreSQL's own settings.
        """
        self.data = data
        self.sockets = sockets / "postgres"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._password = password
        self._durable = durable
        self._frugal = frugal
        self._uid = NOBODY if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Where Belfry finds its database, in the form that libpq reads: the socket's folder is the host, quoted."""
        password, folder = quote(self._password, safe=""), quote(str(self.sockets), safe="")
        return f"postgresql://{NAME}:{password}@{folder}/{NAME}"

    def start(self, pause: Callable[[float], None] = time.sleep) -> bool:
        """Make the database if it is missing and start its server; whether it was made.

        Returns when the server takes connections. Raises CannotStart with the log's last lines.
        """
        is_new = not self.data.exists()
        self._take_over()
        self._own(self.sockets)
        if is_new:
            self._create(usable_by(self._uid, find_binaries()))
        major = int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        binaries = usable_by(self._uid, find_binaries(major))
        with self.log.open("ab") as log, self._folders(self.data) as (data, sockets, fds):
            self.process = spawn(self._command(binaries, data, sockets, fds), log)
        if (
            not wait_until(self._is_ready_or_ended, SECONDS_TO_READY, pause)
            or self.process.poll() is not None
        ):
            self.stop()
            raise CannotStart("\n".join(["PostgreSQL did not start. It says:", *last_lines(self.log)]))
        return is_new

    def stop(self, in_haste: Callable[[], bool] = lambda: False) -> None:
        """End the server: fast and in order, within 25 seconds whatever it does."""
        if self.process is not None:
            end(self.process, STOP, in_haste=in_haste)

    @property
    def _marker(self) -> str:
        """A word on the command line of each of the server's processes, wherever the folder is moved."""
        status = self.data.stat()
        return f"belfry-{status.st_dev:x}-{status.st_ino:x}"

    def _command(self, binaries: Binaries, data: str, sockets: str, fds: tuple[int, ...]) -> Command:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": sockets,
            "unix_socket_permissions": "0700",
            "cluster_name": self._marker,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if self._frugal:
            settings |= FRUGAL | (FRUGAL_SINCE_18 if binaries.major >= 18 else {})
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
        return Command(
            name="postgres",
            argv=(
                str(binaries.folder / "postgres"),
                "-D",
                data,
                *(part for name, setting in settings.items() for part in ("-c", f"{name}={setting}")),
            ),
            environment=environment_for_engines(),
            uid=self._uid,
            fds=fds,
            death_signal=signal.SIGINT,
            stop=STOP,
        )

    def _is_ready_or_ended(self) -> bool:
        """As pg_ctl does it: the eighth line of the pid file says how far the server of the first line is."""
        assert self.process is not None
        if self.process.poll() is not None:
            return True
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.process.pid) and lines[7].strip() == "ready"

    def _take_over(self) -> None:
        """End what a killed parent left running on the data, and forget a pid file that names somebody else.

        PostgreSQL removes a stale pid file itself, but not when the number now belongs to another process of
        the same user, as may be after a power loss.
        """
        if not self.data.exists():
            return
        for number, seconds in STOP:
            left = processes_with(self._marker)
            if not left:
                break
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            wait_until(lambda: not processes_with(self._marker), seconds)
        if processes_with(self._marker):
            raise CannotStart(
                f"A PostgreSQL server of an earlier run still uses {self.data} and cannot be ended."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self.sockets.glob(".s.PGSQL.*"):
            stale.unlink()

    def _create(self, binaries: Binaries) -> None:
        """Make cluster, role and database beside their place, and move them there when all is done."""
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._own(unfinished)
        password_file = self.sockets / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(f"{self._password}\n", encoding="ascii")
        if self._uid is not None:
            os.chown(password_file, self._uid, self._uid)
        locale = (
            ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
            if binaries.major >= BUILTIN_LOCALES_SINCE
            else ("--locale=C" if sys.platform == "darwin" else "--locale=C.UTF-8",)
        )
        try:
            with self._folders(unfinished) as (data, sockets, fds):
                self._run(
                    (
                        str(binaries.folder / "initdb"),
                        f"--pgdata={data}",
                        "--username=postgres",
                        "--auth=scram-sha-256",
                        f"--pwfile={sockets}/password",
                        "--encoding=UTF8",
                        *locale,
                        *(() if self._durable else ("--no-sync",)),
                    ),
                    fds,
                )
                # The superuser keeps no password, so nobody can log in as it; `postgres --single` needs none.
                quoted = self._password.replace("'", "''")
                statements = (
                    f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{quoted}';",
                    f"CREATE DATABASE {NAME} OWNER {NAME};",
                    "ALTER ROLE postgres PASSWORD NULL;",
                )
                fsync = () if self._durable else ("-c", "fsync=off")
                self._run(
                    (str(binaries.folder / "postgres"), "--single", *fsync, "-j", "-D", data, "postgres"),
                    fds,
                    "".join(f"{statement}\n\n" for statement in statements),
                )
        finally:
            password_file.unlink()
        unfinished.rename(self.data)

    def _run(self, argv: tuple[str, ...], fds: tuple[int, ...], statements: str = "") -> None:
        """Run one of PostgreSQL's programs to its end; raises CannotStart with what it wrote."""
        done = subprocess.run(
            argv,
            input=statements,
            pass_fds=fds,
            user=self._uid,
            group=self._uid,
            extra_groups=None if self._uid is None else [],
            cwd="/",
            env=environment_for_engines(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            start_new_session=True,
            check=False,
        )
        # A single-user server goes on after a statement that failed.
        if done.returncode != 0 or "ERROR:" in done.stdout:
            raise CannotStart(f"PostgreSQL's database could not be made:\n{done.stdout.strip()}")

    def _own(self, folder: Path) -> None:
        """Make the folder if it is missing, for the server's user alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)

    @contextlib.contextmanager
    def _folders(self, data: Path) -> Iterator[tuple[str, str, tuple[int, ...]]]:
        """How the server's user reaches its data and socket folders, and what must stay open for that."""
        if self._uid is None:
            yield str(data), str(self.sockets), ()
            return
        if not Path("/proc/self/fd").exists():
            raise CannotStart("PostgreSQL does not run as root; start Belfry as another user.")
        fds = (
            os.open(data, os.O_RDONLY | os.O_DIRECTORY),
            os.open(self.sockets, os.O_RDONLY | os.O_DIRECTORY),
        )
        try:
            yield f"/proc/self/fd/{fds[0]}", f"/proc/self/fd/{fds[1]}", fds
        finally:
            for fd in fds:
                os.close(fd)
