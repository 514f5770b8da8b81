"""Request bodies: JSON objects of bounded size and depth, whose strings the database can hold."""

import json
from collections import OrderedDict
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.renderers import JSONRenderer

from api.exceptions import RequestTooLarge
from api.values import text_problem, value_problem


def parse_object(text: str) -> dict[str, Any]:
    """The object in a JSON text. Raises ParseError, or ValidationError for the key at fault.

    A number that is not finite is refused inside other values; as a field's own value it is the field's to refuse.
    """
    try:
        value = json.loads(text, object_pairs_hook=OrderedDict)
    except RecursionError:
        raise ParseError("JSON parse error - nested too deep") from None
    except ValueError as error:
        raise ParseError(f"JSON parse error - {error}\nPossible cause: trailing comma.") from None
    if value is None:
        raise ValidationError({"__all__": ["This field may not be null."]})
    if not isinstance(value, dict):
        raise ParseError("JSON parse error - not a JSON object")
    for key, inner in value.items():
        if text_problem(key):
            raise ParseError("JSON parse error - a key has characters that are not allowed")
        problem = None if isinstance(inner, float) else value_problem(inner)
        if problem:
            raise ValidationError({key: [problem]})
    return value


def read(stream: IO[bytes], parser_context: dict[str, Any] | None) -> str:
    """The whole body, up to Django's limit. Raises RequestTooLarge and ParseError."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    request = (parser_context or {}).get("request")
    announced = request.META.get("CONTENT_LENGTH") if request is not None else None
    if announced and str(announced).isdigit() and int(announced) > limit:
        raise RequestTooLarge(f"The request body may have {limit} bytes.")
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestTooLarge(f"The request body may have {limit} bytes.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"JSON parse error - {error}") from None


class JSONObjectParser(JSONParser):
    """AWX's parser: no body is an empty object, and what is not an object is refused."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        text = read(stream, parser_context)
        return parse_object(text) if text else {}


class PageFormParser(FormParser):
    """Forms of the browsable pages: fields, or a JSON text in `_content`. Not offered to API clients."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        # Names are bounded by Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
        form = QueryDict(read(stream, parser_context), encoding="utf-8", mutable=True)
        raw = form.get("_content")
        if raw is not None:
            return parse_object(str(raw)) if raw.strip() else {}
        for name in ("_method", "csrfmiddlewaretoken"):
            form.pop(name, None)
        for name, texts in form.lists():
            problem = next(filter(None, (text_problem(str(text)) for text in texts)), None)
            if problem:
                raise ValidationError({name: [problem]})
        return form
