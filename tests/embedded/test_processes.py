import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from embedded.processes import Command, end, environment_for_engines, kill_group, last_lines, spawn
from tests.embedded.launched import eventually, is_running

STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
WITH_CHILD = (
    "import subprocess, sys, signal; child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1)\n"
    "print(child.pid, flush=True); signal.pause()"
)


def start(program: str, log: Path) -> "subprocess.Popen[bytes]":
    command = Command("test", (sys.executable, "-c", program), environment_for_engines())
    with log.open("ab") as output:
        process = spawn(command, output)
    eventually(lambda: log.read_text().endswith("\n"))
    return process


def test_stubborn_process_is_killed_after_its_time(tmp_path: Path) -> None:
    process = start(STUBBORN, tmp_path / "log")

    end(process, ((signal.SIGTERM, 0.1), (signal.SIGKILL, 5.0)))

    assert process.returncode == -signal.SIGKILL


def test_haste_cuts_the_time(tmp_path: Path) -> None:
    process = start(STUBBORN, tmp_path / "log")
    began = time.monotonic()

    end(process, ((signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0)), in_haste=lambda: True)

    assert time.monotonic() - began < 10


def test_children_of_a_process_end_with_it(tmp_path: Path) -> None:
    process = start(WITH_CHILD, tmp_path / "log")
    child = int((tmp_path / "log").read_text())

    end(process)

    eventually(lambda: not is_running(child))


def test_process_has_a_session_of_its_own(tmp_path: Path) -> None:
    process = start(STUBBORN, tmp_path / "log")
    try:
        assert os.getsid(process.pid) == process.pid
    finally:
        kill_group(process.pid)
        process.wait()


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"first\nsecond\nth\xffird\n")

    assert last_lines(tmp_path / "log", 2) == ["second", "th\ufffdird"]
    assert last_lines(tmp_path / "missing") == []
