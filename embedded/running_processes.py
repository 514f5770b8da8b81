"""Which processes of this machine carry a given word on their command line."""

import subprocess
from pathlib import Path

PROC = Path("/proc")


def processes_with(word: str) -> list[int]:
    """Their pids; on systems without /proc as `ps` tells them."""
    if not (PROC / "self").exists():
        listed = subprocess.run(
            ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
        )
        rows = (row.strip().partition(" ") for row in listed.stdout.splitlines())
        return [int(pid) for pid, _, command in rows if word in command]
    return [
        int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal() and word in _command_line(entry)
    ]


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
