"""A service that answers after as long as it is asked to: `POST /after/0.001`. A process of its own, and a cheap one.

It notes when each call arrived and for which time it was scheduled; `GET /noted` tells and forgets.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
_SCHEDULED_FOR = b"x-belfry-scheduled-for"
_ANSWER = b'{"status": "ok", "processed": 3}'


@dataclass(frozen=True, slots=True)
class Noted:
    """What arrived since the last time: when, by the clock of this machine, and how many seconds late."""

    arrived: list[float]
    late: list[float]
    most_at_once: int


class Endpoint:
    """The process, while entered."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.endpoint"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.pid = self._process.pid
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def noted(self) -> Noted:
        with urlopen(f"{self.url}/noted", timeout=60) as answer:  # noqa: S310 (it is our own)
            told: dict[str, Any] = json.load(answer)
        return Noted(**told)


class _Service:
    def __init__(self) -> None:
        self._arrived: list[float] = []
        self._late: list[float] = []
        self._at_once = self._most_at_once = 0

    async def serve(self) -> None:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, backlog=4096)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        async with server:
            await server.serve_forever()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            # Who called has hung up.
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is kept for another call."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines if line)
        await reader.readexactly(int(headers.get(b"content-length", 0)))
        path = first.split(b" ")[1]
        if path == b"/noted":
            body = json.dumps(self._told()).encode()
        else:
            self._note(headers.get(_SCHEDULED_FOR))
            await asyncio.sleep(float(path.removeprefix(b"/after/")))
            self._at_once -= 1
            body = _ANSWER
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        return headers.get(b"connection") != b"close"

    def _note(self, scheduled_for: bytes | None) -> None:
        now = time.time()
        self._arrived.append(now)
        if scheduled_for is not None:
            self._late.append(now - datetime.fromisoformat(scheduled_for.decode().upper()).timestamp())
        self._at_once += 1
        self._most_at_once = max(self._most_at_once, self._at_once)

    def _told(self) -> dict[str, Any]:
        told = {"arrived": self._arrived, "late": self._late, "most_at_once": self._most_at_once}
        self._arrived, self._late, self._most_at_once = [], [], self._at_once
        return told


if __name__ == "__main__":
    asyncio.run(_Service().serve())
