"""`Q(template__one_of=rows)`: like `in`, but the rows are found first, by a statement of their own, and once.

Of `a IN (SELECT …) OR b IN (SELECT …)` PostgreSQL makes a filter, for which it reads the whole table. And a list needs
several statements: who may read what is planned for longer than it is looked up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, ForeignKey, QuerySet
from django.db.models.lookups import In
from django.db.models.sql import Query
from django.utils.functional import cached_property


@dataclass(frozen=True)
class Ids:
    """Ids as PostgreSQL writes arrays of numbers: the driver takes a list of thousands to pieces in each statement."""

    array: str

    def __bool__(self) -> bool:
        return self.array != "{}"


def ids_of(numbers: Iterable[int]) -> Ids:
    return Ids(f"{{{','.join(map(str, numbers))}}}")


class Found:
    """The keys of rows as an array, found when they are first needed. Whatever asks for the same rows shares one."""

    def __init__(self, query: Query) -> None:
        self._query = query

    @cached_property
    def array(self) -> str:
        rows: QuerySet[Any] = QuerySet(self._query.model, query=self._query)
        return ids_of(rows.values_list("pk", flat=True)).array


@BigIntegerField.register_lookup
@ForeignKey.register_lookup
class OneOf(In):
    """Of rows, or of Ids."""

    lookup_name = "one_of"

    def get_prep_lookup(self) -> Any:
        return Found(self.rhs) if isinstance(self.rhs, Query) else self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*parameters, self.rhs.array]
