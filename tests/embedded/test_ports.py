import socket
from pathlib import Path

import pytest

from embedded.errors import CannotStart
from embedded.ports import bind, bind_kept, url_of


def test_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(CannotStart, match="is taken; set PORT to another one"):
            bind("127.0.0.1", taken.getsockname()[1])


def test_host_that_is_no_address_is_refused() -> None:
    with pytest.raises(CannotStart, match="HOST is 'no such host'"):
        bind("no such host", 0)


def test_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match="cannot be used"):
        bind("192.0.2.1", 0)


def test_url_of_a_socket_on_all_addresses_is_on_loopback() -> None:
    with bind("0.0.0.0", 0) as bound:  # noqa: S104 - it never listens
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_port_is_the_same_next_time(tmp_path: Path) -> None:
    file = tmp_path / "port"
    with bind_kept(file) as first:
        port = first.getsockname()[1]

    with bind_kept(file) as second:
        assert second.getsockname()[1] == port


def test_port_that_somebody_took_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "port"
    with bind_kept(file) as first:
        first.listen()
        with bind_kept(file) as second:
            assert int(file.read_text()) == second.getsockname()[1] != first.getsockname()[1]


def test_file_with_nonsense_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("?")

    with bind_kept(file) as bound:
        assert int(file.read_text()) == bound.getsockname()[1]
