from collections.abc import Iterator

import pytest

from tests.clients.running import PROGRAMS, Clients
from tests.e2e.receiver import Receiver
from tests.e2e.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("belfry") / "var") as system:
        yield system


@pytest.fixture(scope="session")
def clients(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    assert (PROGRAMS / "awx").exists(), "AWX's clients are not installed here: run `make clients`"
    with Clients(system, tmp_path_factory.mktemp("home")) as clients:
        yield clients


@pytest.fixture
def service() -> Iterator[Receiver]:
    """What jobs call."""
    with Receiver() as receiver:
        yield receiver
