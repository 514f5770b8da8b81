"""`?order_by=-name,id`: AWX's ordering of lists."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ParseError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.exposure import BadLookup, expose, resolve

MAX_ORDERED = 10


class OrderBy(BaseFilterBackend):
    """Orders by the fields asked for, the later of `order` and `order_by`; ties go by id: pages do not overlap."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        asked = [str(value) for name, value in request.query_params.items() if name in ("order", "order_by")]
        if not asked:
            return queryset if queryset.ordered else queryset.order_by("pk")
        expose(type(view))
        names = asked[-1].split(",")
        if len(names) > MAX_ORDERED:
            raise ParseError(f"No more than {MAX_ORDERED} fields may be ordered by.")
        ordering = []
        for name in names:
            sign, plain = ("-", name[1:]) if name.startswith("-") else ("", name)
            try:
                target = resolve(queryset.model, plain)
            except BadLookup as error:
                raise ParseError(str(error)) from None
            if target.to_many:
                raise ParseError(
                    f"A list cannot be ordered by '{plain}', of which an object may have several."
                )
            # The key of a relation, not its model's own ordering.
            path = f"{target.path}__pk" if getattr(target.field, "is_relation", True) else target.path
            ordering.append(sign + path)
        last_sign = "-" if ordering[-1].startswith("-") else ""
        return queryset.order_by(*ordering, f"{last_sign}pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "order_by",
                "in": "query",
                "required": False,
                "description": "Fields to order by, with commas between; a minus turns one round.",
                "schema": {"type": "string"},
            }
        ]
