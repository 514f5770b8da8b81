"""AWX's field lookups (api/lookups.py) as a filter of lists."""

import json
from typing import Any, ClassVar

from django.core.exceptions import FieldError, ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import ParseError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.exposure import BadLookup, expose
from api.lookups import LOOKUPS, Computed, apply, computed_of, parse_query


class FieldLookups(BaseFilterBackend):
    """Filters a list by the request's field lookups, or refuses with AWX's words."""

    parameter: ClassVar[dict[str, Any]] = {
        "name": "lookups",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": True,
        "description": (
            "Filters by any field: `name=x`, `name__icontains=x`, `id__in=1,2`, `created_by__username=x`, "
            "`created__isnull=true`; `not__` negates, `or__` joins alternatives, `chain__` filters again. Lookups: "
            + ", ".join(sorted(LOOKUPS))
            + "."
        ),
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    }

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        expose(type(view))
        try:
            own = getattr(view, "own_parameters", ())
            parameters = [each for each in request.query_params.lists() if each[0] not in own]
            filtered, costly = self.choose(request, queryset, parameters, computed_of(view, queryset))
        except ValidationError as error:
            raise ParseError(json.dumps(error.messages, ensure_ascii=False)) from None
        except (BadLookup, FieldError, ValueError, TypeError, ArithmeticError) as error:
            raise ParseError(str(error)) from None
        if costly:
            view.costly_query = True
        return filtered

    def choose(
        self,
        request: Request,
        queryset: QuerySet[Any],
        parameters: list[tuple[str, list[str]]],
        computed: Computed,
    ) -> tuple[QuerySet[Any], bool]:
        """The rows that a query's parameters choose, and whether that may cost much."""
        query = parse_query(queryset.model, parameters, computed)
        return apply(query, queryset, request.user), query.costly

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [self.parameter]
