"""Pages of the activity stream for those who may read a part of it.

Neither of two ways is quick for everybody. Whoever may read much finds a page soonest by reading the entries in their
order, and asking of each whether he may. Whoever may read little would read nearly all entries for that: his are found
by what he may read.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.views import APIView

from access.activity import ActivityStream
from access.audit import about_any_of, readable_objects
from access.filters import ACTIONS_ON_ONE_OBJECT, AccessibleFilter
from access.models import User
from access.one_of import ids_of
from access.rules import reads_everything
from api.pagination import COUNTED
from api.text_index import Narrowed, as_frequent

# Of the first entries of a list so many have to be readable, for a page to be soon found by reading them. Mostly a few
# first ones tell it.
ENOUGH, FIRST = 5, (1_000, 30_000)

Entries = QuerySet[ActivityStream]
Objects = Mapping[str, QuerySet[Model]]


class ReadableEntries(AccessibleFilter):
    """The last filter: it leaves with the view what was asked for, and what the asker may read."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        view_: Any = view
        user = request.user
        if (
            not isinstance(user, User)
            or reads_everything(user)
            or getattr(view_, "action", None) in ACTIONS_ON_ONE_OBJECT
        ):
            return super().filter_queryset(request, queryset, view)
        objects = readable_objects(user)
        view_.asked = objects, queryset
        return queryset.filter(about_any_of(objects))


class ReadableEntriesMixin:
    """For views with the filter ReadableEntries."""

    queryset: Entries
    asked: tuple[Objects, Entries] | None = None

    def paginate_queryset(self, queryset: Any) -> Any:
        found = queryset if self.asked is None else narrowed_to(*self.asked, shown=self.queryset.all())
        return super().paginate_queryset(found)  # type: ignore[misc]


def narrowed_to(objects: Objects, asked: Entries, *, shown: Entries) -> Narrowed:
    """The entries among those `asked` that concern one of these objects first, read for a page from `shown`."""
    bare = asked.order_by().select_related(None)
    of_each: list[Any] = [
        bare.filter(object1=kind, object1_pk__in=rows.values("pk")).values_list("pk")
        for kind, rows in objects.items()
    ]
    if not of_each:
        return Narrowed(asked.none(), asked.none(), 0)
    readable = of_each[0].union(*of_each[1:], all=True)
    ids = [pk for (pk,) in readable[: COUNTED + 1]]
    if len(ids) <= COUNTED:
        rows = asked.filter(Q(pk__one_of=ids_of(ids)))
    elif _are_many_readable(asked, objects):
        rows = asked.filter(as_frequent(about_any_of(objects)))
    else:
        rows = asked.filter(pk__in=readable)
    return Narrowed(rows, readable, len(ids), shown=shown)


def _are_many_readable(asked: Entries, objects: Objects) -> bool:
    """Whether the first pages are soon found by reading what was asked for in its order."""
    entries: Entries = QuerySet(ActivityStream).order_by().filter(about_any_of(objects))
    return any(entries.filter(pk__in=asked.values("pk")[:number]).count() >= ENOUGH for number in FIRST)
