import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """The path of a data directory that does not exist yet, short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="belfry-launcher-"))
    yield folder / "data"
    shutil.rmtree(folder)
