"""Renders message templates in a process of its own, for what users write may compute without end.

A script, not a module: it imports nothing of Belfry. In: JSON with `messages`, `context` and `strict`; out: a list of
{"text"} or {"error", "detail"}, one for each message.
"""

import json
import sys
from contextlib import suppress
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_SECONDS = 2
MEMORY = 512 * 1024 * 1024
LONGEST = 64 * 1024


class NamedUndefined(StrictUndefined):
    """Its error is the name of what is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._undefined_hint = self._undefined_name

    __repr__ = StrictUndefined.__str__


def limit() -> None:
    # Where the system knows no limits, the caller's time limit remains.
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def render(environment: ImmutableSandboxedEnvironment, message: str, context: Any) -> dict[str, str]:
    try:
        return {"text": environment.from_string(message).render(**context)[:LONGEST]}
    except TemplateSyntaxError as error:
        return {"error": "syntax", "detail": error.message or ""}
    except SecurityError as error:
        return {"error": "security", "detail": error.message or ""}
    except UndefinedError as error:
        return {"error": "undefined", "detail": error.message or ""}
    except Exception as error:  # noqa: BLE001 - whatever an expression of a user's raises
        return {"error": "other", "detail": type(error).__name__}


def main() -> None:
    limit()
    given = json.load(sys.stdin)
    environment = ImmutableSandboxedEnvironment(undefined=NamedUndefined if given["strict"] else Undefined)
    json.dump([render(environment, message, given["context"]) for message in given["messages"]], sys.stdout)


if __name__ == "__main__":
    main()
