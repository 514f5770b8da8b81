"""Request bodies: JSON objects of bounded size and depth, whose strings the database can hold."""

import json
import math
from collections import OrderedDict
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.renderers import JSONRenderer

from api.exceptions import RequestTooLarge

MAX_DEPTH = 100

NULL_CHARACTER = "Null characters are not allowed."


def text_problem(text: str) -> str | None:
    """Why PostgreSQL could not hold a text, in DRF's words."""
    if "\x00" in text:
        return NULL_CHARACTER
    surrogate = next((c for c in text if "\ud800" <= c <= "\udfff"), None)
    return None if surrogate is None else f"Surrogate characters are not allowed: U+{ord(surrogate):X}."


def value_problem(value: Any) -> str | None:
    """Why the database could not hold a parsed JSON value, however deep the reason lies; in words. Does not recurse."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        current, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return f"Values may be nested {MAX_DEPTH} deep."
        if isinstance(current, str):
            problem = text_problem(current)
            if problem:
                return problem
        elif isinstance(current, dict):
            waiting += [(key, depth) for key in current]
            waiting += [(inner, depth + 1) for inner in current.values()]
        elif isinstance(current, list):
            waiting += [(inner, depth + 1) for inner in current]
        elif isinstance(current, float) and depth > 1 and not math.isfinite(current):
            return "A number is out of range."
    return None


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
        problem = value_problem(inner)
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
