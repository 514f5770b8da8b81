"""What is logged: one JSON object on each line, and in it of which run it speaks."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039 (it is never changed)

# What every record has; what else there is was given as `extra`.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


# How every process logs: JSON on stderr. It needs no setting, so gunicorn has it before there are any.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "observability.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Not what clients do wrong.
        "django.request": {"level": "ERROR"},
        # Not each message: they are hints.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # In the place of the handlers that gunicorn gives these.
        "gunicorn.access": {"handlers": ["stderr"], "propagate": False},
        "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
    },
}


@contextmanager
def about(**what: object) -> Iterator[None]:
    """Whatever is logged in here, in this thread or coroutine, also says `what`: `run_id`, `job_id` …"""
    token = _about.set({**_about.get(), **what})
    try:
        yield
    finally:
        _about.reset(token)


class JSONFormatter(logging.Formatter):
    """`time`, `level`, `logger`, `message`, what `extra` and `about` give, and `exception` where there is one.

    Of `extra` only plain values are told: what an object says of itself may hold a secret, as a request's URL does.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
            **{
                name: value for name, value in vars(record).items() if name not in _USUAL and _is_plain(value)
            },
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
