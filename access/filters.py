from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from access.rules import accessible

Row = TypeVar("Row", bound=Model)

# What these fetch goes through `check_object_permissions`, which answers 403 where a filter would answer 404.
ACTIONS_ON_ONE_OBJECT = frozenset({"retrieve", "update", "partial_update", "destroy", "metadata"})


class AccessibleFilter(BaseFilterBackend):
    """Lists show the rows that the asker may read."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Row], view: APIView) -> QuerySet[Row]:
        view_: Any = view
        if getattr(view_, "action", None) in ACTIONS_ON_ONE_OBJECT:
            return queryset
        return accessible(queryset, request.user)
