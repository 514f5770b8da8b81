"""A team's service for the engine's tests: aiohttp on a free port of loopback, in a thread of its own."""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

T = TypeVar("T")
# Longer than a busy machine takes: what it ends is a hang.
WITHIN = 120.0


class Endpoint:
    """Each path behaves as its name says; `calls` counts by run id (or path), `requests` keeps what came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.requests: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        # Statuses that are answered first, in turn, wherever it is called.
        self.answers: list[int] = []
        self.arrived = threading.Event()
        self.hung_up = threading.Event()
        self.at_once = self.most_at_once = 0
        self.port = 0
        self._tls = tls
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def release(self) -> None:
        """Let what waits at /hold go on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(WITHIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(WITHIN)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._released, self._stopped = asyncio.Event(), asyncio.Event()
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{name:.*}", self._note)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._tls, backlog=4096)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stopped.wait()
        self._released.set()
        await runner.cleanup()
        # A TLS connection whose handshake failed is closed by the loop a little after its server: in a few of its
        # turns, however long a busy machine takes for one.
        for _ in range(5):
            await asyncio.sleep(0.01)

    async def _note(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.calls[request.headers.get("X-Belfry-Run-Id", request.path)] += 1
        self.requests.append(
            {"method": request.method, "path": request.raw_path, "headers": request.headers, "body": body}
        )
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.arrived.set()
        try:
            return await self._answer(request, body)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        name, _, rest = request.match_info["name"].partition("/")
        handlers: dict[str, Callable[[web.Request, str, bytes], Any]] = {
            "status": lambda _r, n, _b: web.json_response({"status": "told"}, status=int(n)),
            "json": lambda _r, _n, b: web.Response(body=b, content_type="application/json"),
            "echo": _echo,
            "redirect": lambda _r, _n, _b: web.Response(status=302, headers={"Location": "/status/200"}),
            "onward": lambda r, n, _b: web.Response(status=int(n), headers={"Location": r.query["to"]}),
            "big": lambda _r, n, _b: web.Response(body=b"x" * int(n)),
            "bytes": lambda _r, _n, _b: web.Response(body=b"\xff\xfe\x00caf\xe9", content_type="text/plain"),
            "chunked": _chunked,
            "endless": _endless,
            "broken": _broken,
            "reset": _reset,
            "sleep": self._sleep,
            "hold": self._hold,
            "token": self._token,
        }
        handler = handlers.get(name)
        if handler is None:
            return web.json_response(
                {"status": "ok", "processed": 3}, headers={"Set-Cookie": "id=cookie-of-endpoint"}
            )
        answer = handler(request, rest, body)
        response: web.StreamResponse = await answer if asyncio.iscoroutine(answer) else answer
        return response

    async def _sleep(self, _request: web.Request, seconds: str, _body: bytes) -> web.StreamResponse:
        await asyncio.sleep(float(seconds))
        return web.json_response({"status": "ok"})

    def _token(self, _request: web.Request, seconds: str, _body: bytes) -> web.Response:
        """A token endpoint: each answer has a token of its own, which lives for `seconds`."""
        self.tokens.append(f"t0k3n-number-{len(self.tokens)}")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": int(seconds)})

    async def _hold(self, _request: web.Request, _rest: str, _body: bytes) -> web.StreamResponse:
        try:
            await self._released.wait()
        except asyncio.CancelledError:
            self.hung_up.set()
            raise
        return web.json_response({"status": "ok"})


def _echo(request: web.Request, _rest: str, body: bytes) -> web.Response:
    headers = dict(request.headers)
    return web.json_response(
        {"headers": headers, "body": body.decode()}, headers={"X-Echo": headers.get("Authorization", "none")}
    )


async def _chunked(request: web.Request, _rest: str, _body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for part in (b'{"sta', b'tus": "o', b'k"}'):
        await response.write(part)
    return response


async def _endless(request: web.Request, _rest: str, _body: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"y" * 65536)


async def _broken(request: web.Request, _rest: str, _body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"only this")
    assert request.transport is not None
    request.transport.abort()
    return response


async def _reset(request: web.Request, _rest: str, _body: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
