"""`?order_by=-name,id`: AWX's ordering of lists."""

from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from rest_framework.exceptions import ParseError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.exposure import BadLookup, Target, expose, resolve
from api.lookups import computed_of
from api.readable import Readable

MAX_ORDERED = 10


def visible(path: str, target: Target, user: Any) -> Case:
    """The value, or null where it belongs to an object that `user` may not read."""
    readable = Q()
    for relation, model in target.crossed:
        rows = Readable.rows(QuerySet(model).order_by(), user)
        readable &= Q(**{f"{relation}__in": rows.values("pk")})
    return Case(When(readable, then=F(path)), default=None)


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
        ordering: list[Any] = []
        sign = ""
        for name in names:
            sign, plain = ("-", name[1:]) if name.startswith("-") else ("", name)
            try:
                target = resolve(queryset.model, plain, computed_of(view, queryset))
            except BadLookup as error:
                raise ParseError(str(error)) from None
            if target.to_many:
                raise ParseError(
                    f"A list cannot be ordered by '{plain}', of which an object may have several."
                )
            # The key of a relation, not its model's own ordering.
            path = f"{target.path}__pk" if getattr(target.field, "is_relation", True) else target.path
            if target.crossed and Readable.restricts(request.user):
                known = visible(path, target, request.user)
                ordering.append(known.desc() if sign else known.asc())
            else:
                ordering.append(F(path).desc() if sign else F(path).asc())
        last_sign = sign
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
