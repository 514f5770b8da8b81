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
from typing import Any

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from api.exposure import expose

# Name in GET /api/v2/ → path on this server, of all routers.
listed: dict[str, str] = {}


class Router:
    """The paths of one app. What was put in first is matched first; endpoints and sub-lists go before resources."""

    def __init__(self) -> None:
        self._objects = SimpleRouter(use_regex_path=True)
        self._others: list[URLPattern] = []

    def register(
        self, prefix: str, viewset: type[Any], *, name: str | None = None, listed_in_root: bool = True
    ) -> None:
        """Serve a viewset at `prefix/` and `prefix/N/`. AWX calls some otherwise in its root: `name` is for them."""
        self._objects.register(prefix, viewset, basename=re.sub(r"\W+", "-", prefix).strip("-"))
        expose(viewset)
        if listed_in_root:
            listed[name or prefix] = f"/api/v2/{prefix}/"

    def sublist(self, route: str, view: type[APIView]) -> None:
        expose(view)
        self.endpoint(route, view)

    def endpoint(self, route: str, view: type[APIView], *, name: str | None = None) -> None:
        """Serve a view at `route/`. With a `name` it is listed in `GET /api/v2/`."""
        self._others.append(path(f"{route}/", view.as_view(), name=name or route))
        if name is not None:
            listed[name] = f"/api/v2/{route}/"

    @property
    def urls(self) -> list[URLPattern | URLResolver]:
        return [*self._others, *self._objects.urls]
