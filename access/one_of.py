"""`Q(template__one_of=rows)`: like `in`, but the rows are found first, and each condition of an OR can use its index.

Of `a IN (SELECT …) OR b IN (SELECT …)` PostgreSQL makes a filter, for which it reads the whole table.
"""

from typing import Any

from django.db.models import ForeignKey
from django.db.models.fields.related_lookups import RelatedIn


@ForeignKey.register_lookup
class OneOf(RelatedIn):
    lookup_name = "one_of"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY (ARRAY{rhs})"
