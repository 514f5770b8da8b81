import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.data_directory import LONGEST_SOCKET_PATH, DataDirectory
from embedded.errors import AlreadyRuns, CannotStart
from tests.embedded.launched import REPOSITORY

HOLD = (
    "import sys; from pathlib import Path; from embedded.data_directory import DataDirectory\n"
    "data = DataDirectory(Path(sys.argv[1])); data.create(); data.lock(); print('locked', flush=True); input()"
)


def test_new_folder_is_for_its_owner_only(data_dir: Path) -> None:
    DataDirectory(data_dir).create()

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_folder_that_exists_keeps_its_rights(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)

    DataDirectory(data_dir).create()

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o755


def test_folder_that_cannot_be_made_is_refused(data_dir: Path) -> None:
    data_dir.touch()

    with pytest.raises(CannotStart, match="cannot be made"):
        DataDirectory(data_dir).create()


def test_lock_names_the_process_that_holds_it(data_dir: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        with pytest.raises(AlreadyRuns, match=rf"\(process {holder.pid}\)"):
            DataDirectory(data_dir).lock()
    finally:
        holder.communicate()

    DataDirectory(data_dir).lock()


def test_sockets_are_in_the_folder_where_their_paths_are_short(data_dir: Path) -> None:
    data = DataDirectory(data_dir)
    data.create()

    assert data.sockets() == data_dir / "run"
    assert data.sockets() == data_dir / "run"


def test_sockets_of_a_deep_folder_are_in_a_private_one_that_is_kept(data_dir: Path) -> None:
    data = DataDirectory(data_dir / ("deep" * 20))
    data.create()

    sockets = data.sockets()

    assert len(os.fsencode(sockets / "postgres" / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert data.sockets() == sockets
    assert (data.path / "run").resolve() == sockets
    sockets.rmdir()
    assert data.sockets() != sockets
    data.sockets().rmdir()


def test_link_to_a_folder_that_others_may_enter_is_not_used(data_dir: Path) -> None:
    data = DataDirectory(data_dir)
    data.create()
    open_to_all = data_dir.parent / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (data_dir / "run").symlink_to(open_to_all)

    assert data.sockets() == data_dir / "run"
    assert not (data_dir / "run").is_symlink()
