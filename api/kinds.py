"""`?type=job_template,project`: the objects of some types, in AWX's form."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.exposure import expose, exposure_of


class Types(BaseFilterBackend):
    """Where the model has several types (an alias `type`), those asked for; elsewhere all or none."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        asked = request.query_params.get("type")
        if asked is None:
            return queryset
        expose(type(view))
        types = asked.replace("\x00", "").split(",")
        column = exposure_of(queryset.model).aliases.get("type")
        if column:
            return queryset.filter(**{f"{column}__in": types})
        own = getattr(getattr(view, "serializer_class", None), "object_type", None)
        return queryset if own in types else queryset.none()

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "type",
                "in": "query",
                "required": False,
                "description": "Types of objects, with commas between.",
                "schema": {"type": "string"},
            }
        ]
