"""What the servers that tests make of the standard library have in common."""

import socketserver
import threading
from types import TracebackType
from typing import Self

# A free port, of which nobody outside this machine hears.
ANYWHERE = ("127.0.0.1", 0)
ASKED_TO_END_EVERY = 0.05  # seconds


class Listening:
    """A server that serves, in a thread of its own, while this is entered."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(ASKED_TO_END_EVERY,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
