"""AWX's pages: count, next, previous, results, with links relative to the server."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet, Value
from django.utils.functional import cached_property
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.text_index import MOST_TEXTS, Narrowed, narrowed

if TYPE_CHECKING:
    PaginatorOfAny = Paginator[Any]
else:
    PaginatorOfAny = Paginator

# Up to so many rows a list says exactly how many there are.
COUNTED = MOST_TEXTS


class PagePaginator(PaginatorOfAny):
    """Chooses the rows of a page before it reads what they refer to.

    In a statement with a dozen joins PostgreSQL does not see that it may end after 25 rows, and joins all there are.
    A view may say itself how they are chosen.
    """

    def __init__(self, object_list: Any, per_page: int, **options: Any) -> None:
        if isinstance(object_list, Narrowed):
            self.narrowed: Narrowed | None = object_list
        else:
            self.narrowed = narrowed(object_list) if isinstance(object_list, QuerySet) else None
        shown = self.narrowed and self.narrowed.shown
        self.everything: Any = object_list if shown is None else shown
        super().__init__(self.narrowed.rows if self.narrowed else object_list, per_page, **options)

    @cached_property
    def count(self) -> int:
        return self.narrowed.counted.order_by().count() if self.narrowed else len(self.object_list)

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        before = (number - 1) * self.per_page
        return Page(self.rows(before, min(before + self.per_page, self.count)), number, self)

    def rows(self, start: int, end: int) -> list[Any]:
        if end <= start:
            return []
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet) or not rows.query.select_related:
            return list(rows[start:end])
        bare = rows.select_related(None).prefetch_related(None).values_list("pk", *_computed_order(rows))
        keys = [key for key, *_ in bare[start:end]]
        found = self.everything.order_by().in_bulk(keys)
        return [found[key] for key in keys if key in found]


def _computed_order(rows: QuerySet[Any]) -> list[str]:
    """The annotations that rows are ordered by. PostgreSQL orders by no constant, unless it is chosen."""
    # A name as text, or as F("name").desc().
    names = {str(getattr(getattr(one, "expression", None), "name", one)) for one in rows.query.order_by}
    return [name for name in rows.query.annotation_select if not names.isdisjoint({name, f"-{name}"})]


class UncountedPaginator(PagePaginator):
    """For `count_disabled`, which gives the first page and no other (AWX's way)."""

    @cached_property
    def count(self) -> int:
        return self.per_page


class BoundedPaginator(PagePaginator):
    """Counts no further than COUNTED rows: to count a million takes a hundred times as long as to read a page of them.

    Where there are more, `count` is the planner's estimate, and each page finds out by itself whether another follows.
    """

    @cached_property
    def count(self) -> int:
        if self.narrowed is None:
            return len(self.object_list)
        counted = self.narrowed.known
        if counted is None:
            # Without any column, for which PostgreSQL would look into the table where an index is enough.
            counted = self.narrowed.counted.order_by().values(row=Value(1))[: COUNTED + 1].count()
        if counted <= COUNTED:
            return counted
        estimate = self.narrowed.estimate
        return max(counted, estimated(self.narrowed.counted.order_by()) if estimate is None else estimate)

    def page(self, number: Any) -> Page[Any]:
        if self.count <= COUNTED:
            return super().page(number)
        page = _whole_number(number)
        before = (page - 1) * self.per_page
        rows = self.rows(before, before + self.per_page + 1)
        if not rows and page > 1:
            raise EmptyPage("There is no such page.")
        seen = before + len(rows)
        self.count = max(self.count, seen) if len(rows) > self.per_page else seen
        return Page(rows[: self.per_page], page, self)


def _whole_number(number: Any) -> int:
    """Raises InvalidPage."""
    try:
        page = int(str(number))
    except ValueError:
        raise PageNotAnInteger("That is no whole number.") from None
    if page < 1:
        raise EmptyPage("That is less than 1.")
    return page


def estimated(rows: QuerySet[Any]) -> int:
    """How many rows PostgreSQL's planner expects, by the statistics that autovacuum keeps."""
    [plan] = json.loads(rows.values("pk").explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])


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
        number = request.query_params.get(self.page_query_param) or "1"
        if not self.counted:
            self.django_paginator_class = UncountedPaginator
        elif number in self.last_page_strings:
            # Only an exact count says which page is the last.
            self.django_paginator_class = PagePaginator
        else:
            self.django_paginator_class = BoundedPaginator
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
                "count": {
                    "type": "integer",
                    "description": f"Beyond {COUNTED} an estimate. Absent with `count_disabled`.",
                },
                "next": link,
                "previous": link,
                "results": schema,
            },
        }
