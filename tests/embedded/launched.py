"""A launcher in a process of its own, as a person starts it, on the stand-in project."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

REPOSITORY = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).with_name("stand_in")
PROGRAM = (
    "import sys; from pathlib import Path; from embedded.__main__ import main; "
    "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"
)
# Longer than a busy machine takes: what it ends is a hang.
PATIENCE = 120.0


class Launched:
    """One launcher; `output` grows as it speaks."""

    def __init__(self, data_dir: Path, *arguments: str, **environment: str) -> None:
        clean = {
            name: text
            for name, text in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(STAND_IN), *arguments],
            env={**clean, "BELFRY_DATA_DIR": str(data_dir), "PORT": "0", **environment},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, text: str) -> None:
        """Wait until the launcher has said it."""
        eventually(lambda: text in self.output or self.process.poll() is not None)
        if text not in self.output:
            self._reader.join(PATIENCE)
        assert text in self.output, self.output

    def until_ready(self) -> None:
        self.until("Ctrl-C ends it.")

    def ends(self) -> int:
        """Wait for its end; the exit status."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    @property
    def url(self) -> str:
        found = re.search(r"URL +(\S+)", self.output)
        assert found, self.output
        return found[1]

    def get(self, path: str = "readyz") -> str:
        with urlopen(f"{self.url}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())

    def descendants(self) -> dict[int, str]:
        """The pids and command lines of all that it started, directly or not: parents before their children."""
        return descendants(self.process.pid)

    def pid_of(self, word: str) -> int:
        """Of what it started with this on its command line; not of a child of that, whose pid may be lower."""
        return next(pid for pid, command in self.descendants().items() if word in command)

    def environments(self) -> list[bytes]:
        """Of all that it started and that still is there: servers have children that come and go."""
        found = []
        for pid in self.descendants():
            with suppress(FileNotFoundError, ProcessLookupError):
                found.append(Path(f"/proc/{pid}/environ").read_bytes())
        return found

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.output += line


@contextmanager
def launched(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Launched]:
    """A launcher that is asked to stop afterwards, and killed if it does not."""
    launcher = Launched(data_dir, *arguments, **environment)
    try:
        yield launcher
    finally:
        if launcher.process.poll() is None:
            launcher.process.send_signal(signal.SIGINT)
        try:
            launcher.ends()
        except subprocess.TimeoutExpired:
            launcher.process.kill()
            launcher.ends()
            raise


def descendants(pid: int) -> dict[int, str]:
    found: dict[int, str] = {}
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdecimal()}
    grown = {pid}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown}
        found |= {child: _command_line(child) for child in grown}
    return found


def is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not come true in time."
        time.sleep(0.02)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _command_line(pid: int) -> str:
    """Empty of what has ended. It is empty too while a process becomes another program, which is waited for."""
    try:
        while not (words := Path(f"/proc/{pid}/cmdline").read_bytes()) and is_running(pid):
            time.sleep(0.001)
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")
