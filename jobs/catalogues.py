"""What a service publishes of its endpoints: an OpenAPI 3 document, or a JSON list. Pure: no Django, no clock.

Of an OpenAPI document the paths count that have an operation; its `servers` do not, for the project's base URL stands
in their place. A list holds texts (`/jobs/x`, `POST /jobs/x`) or objects with `path` (or `endpoint`) and `method` (or
`methods`); it may be wrapped as `{"endpoints": […]}`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.endpoints import InvalidEndpoint, check_web_endpoint

MAX_DOCUMENT = 2 * 1024 * 1024  # bytes
MAX_ENDPOINTS = 5000
MAX_SHOWN = 200  # endpoints that the record of an update names
_QUOTED = 100

# Those that a job template can send.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_OTHER_METHODS = ("OPTIONS", "TRACE")


class InvalidCatalogue(ValueError):
    """Why a document is no catalogue, for the user."""


@dataclass(frozen=True, slots=True)
class Found:
    """`endpoints`: path or URL → its methods; `revision` is the document's hash."""

    revision: str
    endpoints: dict[str, list[str]] = field(repr=False)

    def summary(self) -> dict[str, Any]:
        """What is kept with the run that found it."""
        lines = [
            f"{method} {path}".strip()
            for path, methods in self.endpoints.items()
            for method in methods or [""]
        ]
        return {
            "revision": self.revision,
            "endpoint_count": len(lines),
            "endpoints": lines[:MAX_SHOWN],
        }


def read_catalogue(document: bytes, *, truncated: bool = False) -> Found:
    """The endpoints that a document names, sorted. Raises InvalidCatalogue."""
    if truncated or len(document) > MAX_DOCUMENT:
        raise InvalidCatalogue(f"The document is longer than {MAX_DOCUMENT // 1024 // 1024} MiB.")
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        raise InvalidCatalogue("The document is not JSON.") from None
    endpoints: dict[str, set[str]] = {}
    for path, method in _entries(content):
        _check(path)
        methods = endpoints.setdefault(path, set())
        if method:
            methods.add(method)
        if len(endpoints) > MAX_ENDPOINTS:
            raise InvalidCatalogue(f"The document names more than {MAX_ENDPOINTS} endpoints.")
    return Found(
        revision=hashlib.sha256(document).hexdigest(),
        endpoints={path: sorted(endpoints[path]) for path in sorted(endpoints)},
    )


def _entries(content: Any) -> Iterator[tuple[str, str]]:
    """(path, method) in the document's order; the method is empty where none is named."""
    if isinstance(content, list):
        return _of_list(content)
    if isinstance(content, dict):
        if isinstance(content.get("openapi"), str):
            return _of_openapi(content)
        if "swagger" in content:
            raise InvalidCatalogue("The document is of Swagger 2; OpenAPI 3 is read, and a JSON list.")
        if isinstance(content.get("endpoints"), list):
            return _of_list(content["endpoints"])
    raise InvalidCatalogue("The document is neither an OpenAPI 3 document nor a JSON list of endpoints.")


def _of_openapi(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not content["openapi"].startswith("3."):
        raise InvalidCatalogue(f"The document is of OpenAPI {content['openapi'][:20]!r}; 3 is read.")
    paths = content.get("paths", {})
    if not isinstance(paths, dict):
        raise InvalidCatalogue("The document's `paths` is not an object.")
    for path, operations in paths.items():
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            raise InvalidCatalogue(f"The path {path[:_QUOTED]!r} does not begin with a slash.")
        if not isinstance(operations, dict):
            raise InvalidCatalogue(f"The path {path[:_QUOTED]!r} has no object of operations.")
        for name in operations:
            if name.upper() in METHODS and name.islower():
                yield path, name.upper()


def _of_list(items: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for position, item in enumerate(items, start=1):
        if isinstance(item, str):
            first, space, rest = item.strip().partition(" ")
            if space and first.upper() in (*METHODS, *_OTHER_METHODS):
                yield from _with_methods(rest.strip(), [first], position)
            else:
                yield item.strip(), ""
        elif isinstance(item, dict):
            path = item.get("path", item.get("endpoint"))
            if not isinstance(path, str):
                raise InvalidCatalogue(f"Entry {position} of the list has no text `path`.")
            named = item.get("methods", item.get("method"))
            methods = named if isinstance(named, list) else [] if named is None else [named]
            yield from _with_methods(path.strip(), methods, position)
        else:
            raise InvalidCatalogue(f"Entry {position} of the list is neither a text nor an object.")


def _with_methods(path: str, methods: list[Any], position: int) -> Iterator[tuple[str, str]]:
    if not methods:
        yield path, ""
    for method in methods:
        name = method.upper() if isinstance(method, str) else ""
        if name not in (*METHODS, *_OTHER_METHODS):
            raise InvalidCatalogue(f"Entry {position} of the list names a method that HTTP does not know.")
        if name in METHODS:
            yield path, name


def _check(path: str) -> None:
    if not path:
        raise InvalidCatalogue("The list names an empty endpoint.")
    try:
        check_web_endpoint(path)
    except InvalidEndpoint as error:
        raise InvalidCatalogue(f"The endpoint {path[:_QUOTED]!r} cannot be called: {error}") from None
