"""What the OpenAPI document says of an operation, where that cannot be seen in its view.

api/schema.py reads it when somebody asks for the document. drf-spectacular's own `extend_schema` would build a class
for each operation when its view is read, and bring the test tools of Django and REST framework into the web process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework.fields import empty
from rest_framework.viewsets import ViewSetMixin

Handler = TypeVar("Handler", bound=Callable[..., Any])

# For what is an object of many shapes.
ANY_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": {}}


@dataclass(frozen=True, kw_only=True)
class OpenApi:
    """A decorator of the method that answers. Of one that it inherits a view says this in its `openapi`, by "GET".

    What is `empty` is seen in the view. The rest is as drf-spectacular takes it: serializers, types, schemas as dicts.
    """

    operation_id: str = ""
    request: Any = empty
    responses: Any = empty
    # Beside those of filters and pages.
    parameters: Sequence[Any] = ()
    auth: Any = empty

    def __call__(self, handler: Handler) -> Handler:
        handler.__dict__["openapi"] = self
        return handler


NOTHING_SAID = OpenApi()


def said_of(view: Any, method: str) -> OpenApi:
    """What is said of a view's operation of this HTTP method."""
    own: Mapping[str, OpenApi] = getattr(view, "openapi", {})
    handler = getattr(view, view.action if isinstance(view, ViewSetMixin) else method.lower())
    of_handler: OpenApi = getattr(handler, "openapi", NOTHING_SAID)
    return own.get(method, of_handler)
