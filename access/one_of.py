"""`Q(template__one_of=rows)`: like `in`, but the rows are found first, by a statement of their own, and once.

Of `a IN (SELECT …) OR b IN (SELECT …)` PostgreSQL makes a filter, for which it reads the whole table. And a list needs
several statements: who may read what is planned for longer than it is looked up.
"""

from typing import Any

from django.db.models import ForeignKey, QuerySet
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.sql import Query
from django.utils.functional import cached_property


class Found:
    """The keys of rows, found when they are first needed. Whatever asks for the same rows shares one."""

    def __init__(self, query: Query) -> None:
        self._query = query

    @cached_property
    def keys(self) -> list[Any]:
        return list(QuerySet(self._query.model, query=self._query).values_list("pk", flat=True))


@ForeignKey.register_lookup
class OneOf(RelatedIn):
    lookup_name = "one_of"

    def get_prep_lookup(self) -> Any:
        if isinstance(self.rhs, Found):
            return self.rhs
        return Found(self.rhs) if isinstance(self.rhs, Query) else super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        keys = self.rhs.keys if isinstance(self.rhs, Found) else self.rhs
        return f"{column} = ANY (%s)", [*parameters, keys]
