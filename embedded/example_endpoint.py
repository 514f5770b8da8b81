"""The small service that the demonstration calls: `POST /jobs/hello` answers what a job's endpoint would.

`GET /openapi.json` is its catalogue.

Run as `python -m embedded.example_endpoint FD`, where FD is a bound TCP socket.
"""

import json
import signal
import socket
import sys
import time
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import FrameType
from typing import Any

LARGEST_BODY = 1_000_000
LONGEST_LINE = 8_000
MOST_HEADERS = 100
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}
SECONDS_FOR_A_REQUEST = 30

# The second is what AWX's demonstration calls its playbook: clients that know that find it here.
PATHS = ("/jobs/hello", "/hello_world.yml")
# What a project reads to know which endpoints there are.
CATALOGUE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Belfry's example service", "version": "1"},
    "paths": {
        path: {"post": {"summary": "Says how much there was to do.", "responses": {}}} for path in PATHS
    },
}


class Jobs(StreamRequestHandler):
    """Answers `{"status": "ok", "processed": n, "durationMs": n, "received": {…the request's body…}}`.

    `processed` counts the items of the parameter `items` if that is a list, and else is 1, or 0 in a dry run.
    One request for each connection, read by hand: `http.server` would hold TLS and mail in memory for it (5 MB).
    """

    timeout = SECONDS_FOR_A_REQUEST

    def handle(self) -> None:
        started = time.monotonic()
        method, _, rest = self._line().partition(" ")
        path = rest.partition(" ")[0]
        if not path:
            return
        headers = self._headers()
        # Read it whatever the answer: a connection that is closed on what nobody has read is reset.
        received = self._body(headers)
        if method == "GET":
            body = {"/": {"status": "ok"}, "/openapi.json": CATALOGUE}.get(path)
            status, answer = (404, {"status": "error"}) if body is None else (200, body)
        elif method != "POST" or path.partition("?")[0] not in PATHS:
            status, answer = 404, {"status": "error", "error": "There is only POST /jobs/hello."}
        elif received is None:
            status, answer = (
                400,
                {"status": "error", "error": "The body must be a JSON object of at most 1 MB."},
            )
        else:
            status, answer = 200, _done(received, started)
        self._answer(status, answer)
        # Of the request neither headers nor body are told.
        sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {method} {path} {status}\n")
        sys.stdout.flush()

    def _line(self) -> str:
        return self.rfile.readline(LONGEST_LINE).decode("latin-1").rstrip("\r\n")

    def _headers(self) -> dict[str, str]:
        """By their names in small letters."""
        lines: list[str] = []
        while (line := self._line()) and len(lines) < MOST_HEADERS:
            lines.append(line)
        return {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}

    def _body(self, headers: dict[str, str]) -> dict[str, Any] | None:
        """The JSON object in the body, `{}` if the body is empty, None if it is anything else."""
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return None
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        self.wfile.write(head.encode() + content)


def _done(received: dict[str, Any], started: float) -> dict[str, Any]:
    items = received.get("items")
    processed = len(items) if isinstance(items, list) else 1
    return {
        "status": "ok",
        "processed": 0 if received.get("dryRun") else processed,
        "durationMs": round((time.monotonic() - started) * 1000),
        "received": received,
    }


class Server(ThreadingTCPServer):
    """Serves on a socket that somebody else bound."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bound: socket.socket) -> None:
        super().__init__(bound.getsockname()[:2], Jobs, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_activate()


def main() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    with Server(socket.socket(fileno=int(sys.argv[1]))) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
