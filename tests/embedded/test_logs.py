from pathlib import Path

from embedded.logs import cut_long_logs


def test_long_log_begins_anew_for_the_program_that_writes_it(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as program:
        program.write(b"x" * 11)
        cut_long_logs(tmp_path, largest=10)
        program.write(b"new")

    assert log.read_bytes() == b"new"
    assert (tmp_path / "web.log.1").read_bytes() == b"x" * 11


def test_short_log_is_left(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_bytes(b"x" * 10)

    cut_long_logs(tmp_path, largest=10)

    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
