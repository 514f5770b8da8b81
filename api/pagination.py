"""AWX's pages: count, next, previous, results, with links relative to the server."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    PaginatorOfAny = Paginator[Any]
else:
    PaginatorOfAny = Paginator


class UncountedPaginator(PaginatorOfAny):
    """For `count_disabled`, which gives the first page and no other (AWX's way)."""

    @cached_property
    def count(self) -> int:
        return self.per_page


class Pages(PageNumberPagination):
    page_size = 25
    max_page_size = 200
    page_size_query_param = "page_size"
    invalid_page_message = "Invalid page."

    def get_page_size(self, request: Request) -> int | None:
        """Raises ParseError for what is no number at all; 0 and less stand for the default, as in AWX."""
        given = request.query_params.get(self.page_size_query_param)
        if given:
            try:
                int(given)
            except ValueError:
                raise ParseError(f'page_size "{given}" is not a whole number.') from None
        return super().get_page_size(request)

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        self.counted = "count_disabled" not in request.query_params
        self.django_paginator_class = Paginator if self.counted else UncountedPaginator
        number = request.query_params.get(self.page_query_param) or "1"
        # Beyond any table, and beyond what an OFFSET can hold.
        if number not in self.last_page_strings and len(number) > 9:
            raise NotFound(self.invalid_page_message)
        return super().paginate_queryset(queryset, request, view)

    def get_page_number(self, request: Request, paginator: Any) -> Any:
        number = super().get_page_number(request, paginator)
        return number or 1

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        if not self.counted:
            return Response({"results": data})
        return super().get_paginated_response(data)

    def _link(self, number: int) -> str:
        assert self.request is not None
        url = self.request.get_full_path()
        size = self.request.query_params.get(self.page_size_query_param)
        if size and int(size) > self.max_page_size:
            url = replace_query_param(url, self.page_size_query_param, self.max_page_size)
        return replace_query_param(url, self.page_query_param, number)

    def get_next_link(self) -> str | None:
        assert self.page is not None
        return self._link(self.page.next_page_number()) if self.page.has_next() else None

    def get_previous_link(self) -> str | None:
        assert self.page is not None
        return self._link(self.page.previous_page_number()) if self.page.has_previous() else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "description": "Path on this server."}
        return {
            "type": "object",
            "required": ["results"],
            "properties": {
                "count": {"type": "integer", "description": "Absent with `count_disabled`."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }
