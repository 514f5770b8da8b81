import stat
from pathlib import Path

from embedded.first_administrator import first_administrator


def test_password_is_made_once_and_kept_for_the_owner(tmp_path: Path) -> None:
    first = first_administrator(tmp_path, None)
    second = first_administrator(tmp_path, None)

    kept = tmp_path / "admin_password"
    assert first == second
    assert first.password == kept.read_text().strip()
    assert len(first.password) >= 40
    assert first.where == f"in the file {kept}"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_given_password_is_not_written_down_and_not_replaced_later(tmp_path: Path) -> None:
    given = first_administrator(tmp_path, "of-my-own")
    later = first_administrator(tmp_path, None)

    assert given.password == "of-my-own"
    assert later.password is None
    assert "BELFRY_ADMIN_PASSWORD" in later.where
    assert not [path for path in tmp_path.iterdir() if "of-my-own" in path.read_text()]


def test_password_given_at_a_later_start_does_not_hide_the_first(tmp_path: Path) -> None:
    first = first_administrator(tmp_path, None)

    later = first_administrator(tmp_path, "too-late")

    assert later.password == first.password
    assert later.where == f"{first.where}; BELFRY_ADMIN_PASSWORD counts at the first start only"
    assert first_administrator(tmp_path, None) == first
