"""How apps put their resources below /api/v2/.

    router = Router()
    router.register("schedules", ScheduleViewSet)                       # a resource: its list and its objects
    router.sublist("job_templates/<int:parent_pk>/schedules", TemplateSchedules)
    router.endpoint("schedules/preview", SchedulePreview)               # anything else
    urlpatterns = router.urls

A registered resource appears in `GET /api/v2/` and can be reached by queries of other resources' lists. Every path ends
with a slash; without one it answers the same (api/middleware.py).
"""

import re
from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from api import named_urls
from api.exposure import expose
from api.sublists import below

# Name in GET /api/v2/ → path on this server, of all routers.
listed: dict[str, str] = {}


def path_name(route: str) -> str:
    """The name of a path for Django's `reverse`: "jobs-cancel"."""
    return re.sub(r"\W+", "-", re.sub(r"<[^>]*>|\([^)]*\)", "", route)).strip("-")


# Name → what makes a view of each resource's objects, at `<resource>/N/<name>/`, from the resource's viewset.
# Apps to the right put theirs in when they are loaded.
of_every_object: dict[str, Callable[[type[Any]], type[APIView]]] = {}


class Router:
    """The paths of one app. What was put in first is matched first; endpoints and sub-lists go before resources."""

    def __init__(self) -> None:
        self._objects = SimpleRouter(use_regex_path=True)
        self._others: list[URLPattern] = []

    def register(
        self, prefix: str, viewset: type[Any], *, name: str | None = None, listed_in_root: bool = True
    ) -> None:
        """Serve a viewset at `prefix/` and `prefix/N/`. AWX calls some otherwise in its root: `name` is for them."""
        self._objects.register(prefix, viewset, basename=path_name(prefix))
        expose(viewset)
        named_urls.register(prefix, viewset)
        if hasattr(viewset, "retrieve"):
            for own, make in of_every_object.items():
                self.sublist(f"{prefix}/<int:parent_pk>/{own}", make(viewset))
        if listed_in_root:
            listed[name or prefix] = f"/api/v2/{prefix}/"

    def sublist(self, route: str, view: type[APIView]) -> None:
        """Serve what belongs to one object, at `<resource>/<int:parent_pk>/<name>`; the object's `related` names it."""
        expose(view)
        resource, _, name = route.split("/")
        below.setdefault(resource, []).append(name)
        called: Any = getattr(view, "name", None) or name.replace("_", " ").capitalize()
        self._put(route, view.as_view(name=called))

    def endpoint(self, route: str, view: type[APIView], *, name: str | None = None) -> None:
        """Serve a view at `route/`. With a `name` it is listed in `GET /api/v2/`."""
        self._put(route, view.as_view(), name)
        if name is not None:
            listed[name] = f"/api/v2/{route}/"

    def _put(self, route: str, view: Callable[..., Any], name: str | None = None) -> None:
        self._others.append(path(f"{route}/", view, name=name or path_name(route)))

    @property
    def urls(self) -> list[URLPattern | URLResolver]:
        return [*self._others, *self._objects.urls]
