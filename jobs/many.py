"""Many ids in one condition."""

from collections.abc import Iterable

from django.db.models.expressions import RawSQL


def each_of(ids: Iterable[int]) -> RawSQL:
    """For `filter(job__in=each_of(ids))`: one parameter, however many there are."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
