"""Every path of the API, as the URL conf has it: what is new is tested as soon as it is there."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from api.views import Endpoint

API = "api/"
VERSION = "api/v2/"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Route:
    """One pattern of the URL conf, and the view that answers there."""

    text: str
    view: type[Any]
    callback: Any

    @property
    def resource(self) -> str:
        return self.text.removeprefix(VERSION).partition("/")[0]

    @property
    def is_of_one_object(self) -> bool:
        return "<" in self.text

    @property
    def is_list(self) -> bool:
        actions = getattr(self.callback, "actions", None)
        return "list" in actions.values() if actions else getattr(self.view, "is_list", False)

    @cached_property
    def methods(self) -> list[str]:
        """What the view has; HEAD and OPTIONS left out."""
        known = ("get", "post", "put", "patch", "delete")
        actions = getattr(self.callback, "actions", None)
        if actions:
            return [name.upper() for name in known if name in actions]
        has = [name for name in known if hasattr(self.view, name)]
        return [name.upper() for name in has if name in self.view.http_method_names]

    def path(self, ids: Mapping[str, int]) -> str:
        """The path to the object of the resource that `ids` knows, and to the first of what is below it."""
        numbers = iter([ids.get(self.resource, 1)])
        return "/" + PARAMETER.sub(lambda _: str(next(numbers, 1)), self.text)


def _patterns(found: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for item in found:
        text = prefix + re.sub(r"[\^$]", "", str(item.pattern))
        if isinstance(item, URLResolver):
            yield from _patterns(item.url_patterns, text)
            continue
        callback = item.callback
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None) or type(callback)
        yield Route(text, view, callback)


EVERY_ROUTE = [route for route in _patterns(get_resolver().url_patterns, "") if route.text.startswith(API)]
# Without the login and its like, which are pages.
ROUTES = [route for route in EVERY_ROUTE if issubclass(route.view, Endpoint)]
LISTS = [route for route in ROUTES if route.is_list]
