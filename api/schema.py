"""What the OpenAPI document says of every operation alike: how one logs in, and the errors."""

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.mixins import CreateModelMixin

from api.openapi import OpenApi, said_of


class Key(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """An object's id; drf-spectacular would look for a column of the field's name to say so."""

    target_class = "rest_framework.serializers.PrimaryKeyRelatedField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "integer"}


class Mixed(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A row of a mixed list: any of its kinds."""

    target_class = "jobs.api.serializers.unified.MixedSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        kinds = self.target.by_kind().values()
        return {"anyOf": [auto_schema.resolve_serializer(kind, direction).ref for kind in kinds]}


class Schema(AutoSchema):
    """What drf-spectacular cannot see in our views and serializers."""

    @property
    def _said(self) -> OpenApi:
        return said_of(self.view, self.method)

    def get_operation_id(self) -> str:
        """A list that is not made from a queryset is a list all the same."""
        if self._said.operation_id:
            return self._said.operation_id
        name = str(super().get_operation_id())
        is_list = self.method == "GET" and getattr(self.view, "is_list", False)
        return name.removesuffix("_retrieve") + "_list" if is_list and name.endswith("_retrieve") else name

    def get_auth(self) -> Any:
        return super().get_auth() if self._said.auth is empty else self._said.auth

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *self._said.parameters]

    def get_request_serializer(self) -> Any:
        if self._said.request is not empty:
            return self._said.request
        return OpenApiTypes.OBJECT if self._attaches else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        if self._said.responses is not empty:
            return self._said.responses
        if not self._attaches:
            return super().get_response_serializers()
        view: Any = self.view
        made = {201: view.serializer_class} if view.creates else {}
        return {**made, 204: None}

    @property
    def _attaches(self) -> bool:
        return self.method == "POST" and getattr(self.view, "attaches", False)

    def _is_create_operation(self) -> bool:
        creates = self.method == "POST" and isinstance(self.view, CreateModelMixin)
        return creates or bool(super()._is_create_operation())

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """Every field is in an answer, but for those that a serializer says it may leave out."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        left_out = getattr(serializer, "sometimes_left_out", ())
        if left_out and "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in left_out]
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002
        """A computed field may be null, whatever its class, and a computed choice be none of those to choose from."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        declared = getattr(field.parent, "_declared_fields", {})
        if isinstance(schema, dict) and field.read_only and field.field_name in declared:
            if not isinstance(field, serializers.SerializerMethodField):
                schema["nullable"] = True
            if isinstance(field, serializers.ChoiceField):
                schema.pop("enum", None)
        return schema


class Generator(SchemaGenerator):
    """Gives views their `Schema` when the document is made: REST framework's DEFAULT_SCHEMA_CLASS is read at the start,
    and drf-spectacular with it.
    """

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view: Any = super().create_view(callback, method, request)  # type: ignore[no-untyped-call]
        view.schema = Schema()
        return view


class Bearer(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "access.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A personal access token."}


class Basic(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "access.authentication.BasicAuthentication"
    name = "basic"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "basic"}


class Session(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "access.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "awx_sessionid"}


ERROR = {
    "type": "object",
    "description": "`detail` with one text, or the texts of each field at fault; `__all__`: of several.",
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


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular POSTPROCESSING_HOOK."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = ERROR
    for path, operations in result.get("paths", {}).items():
        for method, operation in operations.items():
            for code, text in TEXTS.items():
                if code in OF_BODY and method == "get":
                    continue
                content: dict[str, Any] = {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                }
                for media_type in operation["responses"].get("200", {}).get("content", {}):
                    if media_type.startswith("text/"):
                        content[media_type] = {"schema": {"type": "string"}}
                if code == "404" and "{" in path:
                    # A path that none of ours fits is answered by a page (api/errors.py).
                    content["text/html"] = {"schema": {"type": "string"}}
                answer = {"description": text, "content": content}
                operation["responses"].setdefault(code, answer)
    return result
