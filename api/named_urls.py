"""Objects that a path names instead of numbering them: `/api/v2/job_templates/<name>++<organization>/…` (AWX's form).

A viewset says by `named_by` what its objects go by: groups of ORM paths, one group for the object itself and one for
each related object. Groups are joined by `++`, the values in a group by `+`; a plus sign in a value is written `[+]`.
The middleware turns such a path into the one with the number before anything else looks at it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

PREFIX = "/api/v2/"
PATH = re.compile(r"/api/v2/(?P<resource>[a-z_]+)/(?P<name>[^/]+)(?P<rest>/.*)?", re.DOTALL)
ESCAPED_PLUS = "\x00"
# The number of no object.
NOBODY = 0

Groups = tuple[tuple[str, ...], ...]
Handler = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Named:
    """How the objects of one resource are named."""

    model: type[Model]
    groups: Groups

    def name_of(self, obj: Any) -> str | None:
        """None where no path would lead to the object by such a name."""
        texts = ["+".join(escaped(value_of(obj, path)) for path in group) for group in self.groups]
        name = "++".join(texts)
        return None if is_number(name) or "/" in name or "\x00" in name else name

    def find(self, name: str) -> int | None:
        """The number of the object that has the name, in the database's own comparison of texts."""
        if "\x00" in name:
            return None
        parts = name.replace("[+]", ESCAPED_PLUS).split("++")
        if len(parts) != len(self.groups):
            return None
        conditions: dict[str, Any] = {}
        for part, group in zip(parts, self.groups, strict=True):
            relation = group[0].rpartition("__")[0]
            if not part and relation:
                conditions[f"{relation}__isnull"] = True
                continue
            values = part.split("+")
            if len(values) != len(group):
                return None
            conditions |= {
                path: value.replace(ESCAPED_PLUS, "+") for path, value in zip(group, values, strict=True)
            }
        rows = QuerySet[Model](self.model).order_by().filter(**conditions)
        return rows.values_list("pk", flat=True).first()


_named: dict[str, Named] = {}


def register(resource: str, viewset: type[Any]) -> None:
    """Let the objects of a resource be named, if its viewset says by what."""
    groups: Groups = getattr(viewset, "named_by", ())
    if groups:
        _named[resource] = Named(viewset.queryset.model, groups)


def named_url(resource: str, obj: Model) -> dict[str, str]:
    """The path by name as an entry of `related`; nothing where there is none."""
    named = _named.get(resource)
    name = named.name_of(obj) if named else None
    return {} if name is None else {"named_url": f"{PREFIX}{resource}/{quote(name, safe='[+]')}/"}


def value_of(obj: Any, path: str) -> str:
    for step in path.split("__"):
        obj = getattr(obj, step) if obj is not None else None
    return "" if obj is None else str(obj)


def escaped(text: str) -> str:
    return text.replace("+", "[+]")


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def by_name(get_response: Handler) -> Handler:
    """Middleware. A name that nobody has becomes a number that nobody has: the views say what they say of those."""

    def middleware(request: HttpRequest) -> HttpResponse:
        match = PATH.fullmatch(request.path_info)
        named = _named.get(match["resource"]) if match else None
        if match and named and not is_number(match["name"]):
            number = named.find(match["name"])
            request.path_info = f"{PREFIX}{match['resource']}/{number or NOBODY}{match['rest'] or ''}"
        return get_response(request)

    return middleware
