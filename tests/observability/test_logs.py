import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from observability.logs import JSONFormatter, about


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger `tests.json` writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logger = logging.getLogger("tests.json")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


logger = logging.getLogger("tests.json")


def test_line_is_an_object(written: io.StringIO) -> None:
    logger.warning("Job %s\nwas lost.", 5, extra={"action": "reap", "job_id": 5, "thing": object()})

    [line] = lines(written)
    time = line.pop("time")
    assert line == {
        "level": "warning",
        "logger": "tests.json",
        "message": "Job 5\nwas lost.",
        "action": "reap",
        "job_id": 5,
    }
    assert time.endswith("+00:00")


def test_exception_is_told_on_the_same_line(written: io.StringIO) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logger.exception("It failed.")

    [line] = lines(written)
    assert "ZeroDivisionError" in line["exception"]


def test_every_line_says_of_which_run_it_speaks(written: io.StringIO) -> None:
    async def run(number: int) -> None:
        with about(job_id=number, run_id=f"run-{number}"):
            logger.warning("began")
            await asyncio.sleep(0)
            await asyncio.to_thread(logger.warning, "in a thread")
            logger.warning("ended")

    async def several() -> None:
        await asyncio.gather(*(run(number) for number in range(5)))
        logger.warning("of none")

    asyncio.run(several())

    told = lines(written)
    assert sorted(line["job_id"] for line in told[:-1]) == sorted([*range(5)] * 3)
    assert all(line["run_id"] == f"run-{line['job_id']}" for line in told[:-1])
    assert "job_id" not in told[-1]


def test_all_processes_log_so() -> None:
    logged: Any = settings.LOGGING

    assert logged["root"]["handlers"] == ["stderr"]
    assert logged["handlers"]["stderr"]["formatter"] == "json"
