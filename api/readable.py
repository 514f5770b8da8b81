"""Which rows a user may read, for queries that reach other resources."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet


def _everything(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:  # noqa: ARG001 - what stands in for it needs both
    return rows


class Readable:
    """Which rows a user may read; the app that knows puts its function here (`access.rules.accessible`)."""

    rows: Callable[[QuerySet[Any], Any], QuerySet[Any]] = staticmethod(_everything)
    restricts: Callable[[Any], bool] = staticmethod(lambda user: False)  # noqa: ARG005
