"""Renders message templates: those of users in a process with bounds, those of Belfry at once."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifications.exceptions import CannotRender

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

CHILD = Path(__file__).with_name("render_child.py")
# More than its own limit of computing, for a machine that is busy.
SECONDS = 20.0


def render_own(template: str, context: Mapping[str, Any]) -> str:
    """One of the texts in notifications/types.py."""
    return _environment().from_string(template).render(**context)


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - a megabyte, for the first message

    return ImmutableSandboxedEnvironment()


def render_foreign(
    messages: Sequence[str], context: Mapping[str, Any], *, strict: bool
) -> list[dict[str, str]]:
    """Of each message {"text"}, or {"error", "detail"}. What is not there is an error if `strict`.

    Raises CannotRender where they take too long or too much.
    """
    if not messages:
        return []
    given = json.dumps({"messages": list(messages), "context": context, "strict": strict}, default=str)
    try:
        done = subprocess.run(
            # Neither the folder of the script nor the user's own packages are looked into.
            [sys.executable, "-P", "-s", str(CHILD)],
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=True,
        )
        found: list[dict[str, str]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        raise CannotRender("The messages take too long, or too much memory, to be rendered.") from None
    return found
