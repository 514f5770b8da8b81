import socket
from pathlib import Path

import pytest

from embedded.listening import silent_place


def test_place_where_something_listens_is_not_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert silent_place(f"redis://:p4ssw0rd@127.0.0.1:{server.getsockname()[1]}/0") is None


def test_silent_port_is_named_without_the_password() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        assert silent_place(f"rediss://user:p4ssw0rd@127.0.0.1:{port}/0") == f"127.0.0.1:{port}"


def test_socket_of_unix_is_looked_at(data_dir: Path) -> None:
    path = data_dir.parent / "my redis.sock"
    url = f"unix://{str(path).replace(' ', '%20')}?db=0"
    assert silent_place(url) == str(path)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        assert silent_place(url) is None


@pytest.mark.parametrize("url", ["redis://localhost:port", "redis://localhost:99999"])
def test_url_that_is_none_is_left_to_the_settings(url: str) -> None:
    assert silent_place(url) is None
