"""Many values in one parameter of a statement."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models.expressions import RawSQL


def each_of(ids: Iterable[int]) -> RawSQL:
    """For `filter(job__in=each_of(ids))`: one parameter, however many there are."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def numbers(values: Iterable[int]) -> str:
    """For `%s::bigint[]`. A list would do, too, but takes the driver five times as long to write."""
    return f"{{{','.join(map(str, values))}}}"


def times(values: Iterable[datetime | None]) -> str:
    """For `%s::timestamptz[]`, likewise."""
    return f"{{{','.join('NULL' if value is None else value.isoformat() for value in values)}}}"
