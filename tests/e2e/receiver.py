"""A service of a team, as the tests need one: it notes each call and answers as it was told."""

import json
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.listening import ANYWHERE, Listening


@dataclass(frozen=True)
class Call:
    at: float
    path: str
    headers: dict[str, str]
    body: Any


class Receiver(Listening):
    """Listens on a free port of loopback while it is entered; answers 200 with `answer` after `delay` seconds."""

    def __init__(self, *, answer: dict[str, Any] | None = None, delay: float = 0.0) -> None:
        self.answer = answer or {"status": "ok", "processed": 3}
        self.delay = delay
        self.calls: list[Call] = []
        server = _Server(ANYWHERE, _Handler)
        server.receiver = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def respond(self, call: Call) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer; called by as many threads as there are calls."""
        time.sleep(self.delay)
        return 200, self.answer


class _Server(ThreadingHTTPServer):
    receiver: Receiver
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed in the middle of its call is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        at = time.time()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        receiver = self.server.receiver
        call = Call(at, self.path, dict(self.headers), json.loads(body) if body else None)
        receiver.calls.append(call)
        status, value = receiver.respond(call)
        answer = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the calls are in `calls`."""
