"""The small service that the demonstration calls: `POST /jobs/hello` answers what a job's endpoint would.

`GET /openapi.json` is its catalogue.

Run as `python -m embedded.example_endpoint FD`, where FD is a bound TCP socket.
"""

import json
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any

LARGEST_BODY = 1_000_000
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


class Jobs(BaseHTTPRequestHandler):
    """Answers `{"status": "ok", "processed": n, "durationMs": n, "received": {…the request's body…}}`.

    `processed` counts the items of the parameter `items` if that is a list, and else is 1, or 0 in a dry run.
    """

    protocol_version = "HTTP/1.1"
    server_version = "BelfryExample"
    timeout = SECONDS_FOR_A_REQUEST

    def do_POST(self) -> None:
        started = time.monotonic()
        # Read it whatever the answer: what stays unread would be taken for the next request.
        received = self._body()
        if self.path.partition("?")[0] not in PATHS:
            self._answer(404, {"status": "error", "error": "There is only POST /jobs/hello."})
            return
        if received is None:
            self._answer(400, {"status": "error", "error": "The body must be a JSON object of at most 1 MB."})
            return
        items = received.get("items")
        processed = len(items) if isinstance(items, list) else 1
        self._answer(
            200,
            {
                "status": "ok",
                "processed": 0 if received.get("dryRun") else processed,
                "durationMs": round((time.monotonic() - started) * 1000),
                "received": received,
            },
        )

    def do_GET(self) -> None:
        body = {"/": {"status": "ok"}, "/openapi.json": CATALOGUE}.get(self.path)
        self._answer(404 if body is None else 200, body or {"status": "error"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        # One line for each call; the base class would add the header `Authorization` nowhere, and neither do
        # we.
        sys.stdout.write(f"{self.log_date_time_string()} {format % args}\n")
        sys.stdout.flush()

    def _body(self) -> dict[str, Any] | None:
        """The JSON object in the body, `{}` if the body is empty, None if it is anything else."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return None
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
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
