"""The database, from an event loop: one thread that keeps one connection and replaces it when it is broken."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")

# What a database that restarts, or is not there, looks like.
UNREACHABLE = (OperationalError, InterfaceError)


class DatabaseThread:
    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns. It runs to its end even if the caller is cancelled meanwhile."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(
            loop.run_in_executor(self._executor, lambda: _guarded(function, *args, **kwargs))
        )

    def close(self) -> None:
        """Wait for what is under way, close the connection and end the thread."""
        self._executor.submit(_close).result()
        self._executor.shutdown(wait=True)


def _close() -> None:
    # `connection` is the one of the thread that asks for it.
    connection.close()


def _guarded(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    except UNREACHABLE:
        connection.close()
        raise
