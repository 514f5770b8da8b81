"""What benches print: one JSON object a line."""

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


class WrongCount(Exception):
    """A number of statements that must not grow has grown. Unlike a time it is a failure on any machine."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, and what it is to be compared with.

    `floor` is what the least work that does the same took, `peer` another program or another size of our own, both in
    `unit`. `ratio` is our rate divided by theirs: 1 is as fast, 0.5 half as fast.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    floor: float | None = None
    peer: float | None = None
    sizes: Mapping[str, int | str] = field(default_factory=dict)

    def as_line(self) -> str:
        compared = {"floor": self.floor, "peer": self.peer, "ratio": self.ratio}
        line: dict[str, Any] = {"name": self.name, "value": _rounded(self.value), "unit": self.unit}
        line |= {name: _rounded(value) for name, value in compared.items() if value is not None}
        return json.dumps(line | {"sizes": dict(self.sizes), "versions": versions()})


def rate_against(name: str, *, ours: float, floor: float, unit: str, **sizes: int | str) -> Figure:
    """Of two rates."""
    return Figure(name, ours, unit, ratio=ours / floor, floor=floor, sizes=sizes)


@cache
def versions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (postgres,) = cursor.fetchone()
    return {
        "belfry": _commit(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgres": postgres,
    }


def _commit() -> str:
    """Empty where this is no checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def _rounded(value: float) -> float:
    """To four digits that count."""
    return float(f"{value:.4g}")
