"""What the OpenAPI document says of every operation alike: the errors."""

from typing import Any

ERROR = {
    "type": "object",
    "description": "`detail` with one text, or the texts of each field at fault; `__all__` for those of several at once.",
    "additionalProperties": {},
}

TEXTS = {
    "400": "The request is refused; the body says why.",
    "401": "Nobody is logged in.",
    "403": "The asker may not do this.",
    "404": "There is no such object, page or format.",
    "405": "The resource does not know this method.",
    "406": "No media type that is asked for is given.",
    "409": "The object is in use.",
    "413": "The body is too large.",
    "415": "Bodies are JSON.",
}

OF_BODY = ("409", "413", "415")


def add_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular POSTPROCESSING_HOOK."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = ERROR
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            for code, text in TEXTS.items():
                if code in OF_BODY and method == "get":
                    continue
                answer = {
                    "description": text,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
                operation["responses"].setdefault(code, answer)
    return result
