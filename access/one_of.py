"""`Q(template__one_of=rows)`: like `in`, but the rows are found first, by a statement of their own, and once.

Of `a IN (SELECT …) OR b IN (SELECT …)` PostgreSQL makes a filter, for which it reads the whole table. And a list needs
several statements: who may read what is planned for longer than it is looked up.
"""

from typing import Any

from django.db.models import ForeignKey, QuerySet
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.sql import Query


@ForeignKey.register_lookup
class OneOf(RelatedIn):
    lookup_name = "one_of"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if isinstance(self.rhs, Query):
            # Copies of a queryset share its conditions.
            self.rhs = list(QuerySet(self.rhs.model, query=self.rhs).values_list("pk", flat=True))
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*parameters, self.rhs]
