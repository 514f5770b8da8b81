"""`?search=words`: objects in whose texts every word occurs."""

from typing import Any

from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from api.exposure import resolve
from api.lookups import SEARCHED


def default_search_fields(view: Any) -> list[str]:
    """AWX searches the fields of these names, description before name as its metadata lists them."""
    queryset = getattr(view, "queryset", None)
    if queryset is None:
        return []
    present = {field.name for field in queryset.model._meta.fields}
    if "username" in present:
        return [name for name in SEARCHED if name in present]
    return [name for name in ("description", "name") if name in present]


def search_fields_of(view: Any) -> list[str]:
    declared = getattr(view, "search_fields", None)
    return list(declared) if declared is not None else default_search_fields(view)


class Search(SearchFilter):
    """Splits at blanks and commas, as AWX does; the last `search` given counts."""

    def get_search_fields(self, view: Any, request: Request) -> list[str]:
        """ORM paths; what a view declares are names of the API."""
        if getattr(view, "search_fields", None) is None:
            # What is searched for is mostly in the name: PostgreSQL then looks no further.
            return default_search_fields(view)[::-1]
        return [resolve(view.queryset.model, name).path for name in search_fields_of(view)]

    def get_search_terms(self, request: Request) -> list[str]:
        text = str(request.query_params.get(self.search_param, ""))
        return text.replace("\x00", "").replace(",", " ").split()[:20]
