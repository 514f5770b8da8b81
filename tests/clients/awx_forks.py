"""The `awx` command, called as often as its standard input orders: imported once, and forked for each call.

Run by the Python of the clients. An order is a line of JSON: `arguments`, `environment`, `within` (seconds), and the
paths `stdin`, `stdout`, `stderr`. Its answer is a line with the exit status, negative for a signal.
"""

import json
import os
import signal
import sys
from typing import Any

# At the top, as the installed command does: what this warns of is no number, and so fails the test.
from awxkit.cli import run  # type: ignore[import-not-found]


def become(order: dict[str, Any]) -> None:
    """Make this process what the shell would have started."""
    signal.alarm(order["within"])
    os.environ.clear()
    os.environ.update(order["environment"])
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, (name, flags) in enumerate(
        (("stdin", os.O_RDONLY), ("stdout", writing), ("stderr", writing))
    ):
        opened = os.open(order[name], flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["awx", *order["arguments"]]


while line := sys.stdin.readline():
    if (child := os.fork()) == 0:
        become(json.loads(line))
        sys.exit(run())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout.write(f"{status}\n")
    sys.stdout.flush()
