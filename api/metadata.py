"""What OPTIONS says of a resource, in AWX's form; its clients build their commands from it."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import JSONField as JSONModelField, Model
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request, clone_request
from rest_framework.utils.encoders import JSONEncoder

from api.documentation import plain
from api.exposure import BadLookup, exposure_of, resolve
from api.searching import search_fields_of

# Said of what is sent, not of what is shown.
OF_INPUT = ("required", "read_only", "default", "min_length", "max_length", "min_value", "max_value")

ATTACHED_ID = {
    "type": "integer",
    "required": False,
    "label": "ID",
    "help_text": "The number of an object that is there already, to attach it.",
    "filterable": True,
}

HELP_TEXTS = {
    "id": "The number of this {}.",
    "name": "Name of this {}.",
    "description": "Optional description of this {}.",
    "type": "Type of this object: {}.",
    "url": "Path of this {}.",
    "related": "Paths of what belongs to this {}.",
    "summary_fields": "Names and other main fields of what this {} refers to.",
    "created": "When this {} was made.",
    "modified": "When this {} was last changed.",
}


def verbose_name(serializer: Any) -> str:
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    return str(model._meta.verbose_name) if model else "object"


def is_filterable(model: type[Model], field: Any, computed: Iterable[str]) -> bool:
    """Whether AWX's clients may be told that lists filter by a field; secret columns are told of and then refused."""
    name = str(field.field_name)
    if name == "type" or name in computed:
        return True
    try:
        resolve(model, name)
    except BadLookup:
        return False
    except PermissionDenied:
        return not isinstance(field, serializers.SerializerMethodField)
    return True


def is_list_of(model: type[Model], name: str) -> bool:
    """Whether the model has a list of this name; what a serializer shows under it is something else."""
    return any(relation.name == name for relation in model._meta.many_to_many)


class Metadata(SimpleMetadata):
    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        metadata: dict[str, Any] = super().determine_metadata(request, view)
        if "actions" not in metadata and getattr(view, "serializer_class", None):
            metadata["actions"] = self.determine_actions(request, view)
        types = self.types(view)
        if types:
            metadata["types"] = types
        if getattr(view, "is_list", False):
            metadata["search_fields"] = search_fields_of(view)
            metadata["related_search_fields"] = self.related_search_fields(view)
            if view.paginator is not None:
                metadata["max_page_size"] = view.paginator.max_page_size
        roles = getattr(view, "object_roles", None)
        if roles:
            metadata["object_roles"] = list(roles)
        return metadata

    @staticmethod
    def types(view: Any) -> list[str]:
        declared = getattr(view, "object_types", None)
        if declared:
            return list(declared)
        own = getattr(getattr(view, "serializer_class", None), "object_type", None)
        return [own] if own else []

    @staticmethod
    def related_search_fields(view: Any) -> list[str]:
        queryset = getattr(view, "queryset", None)
        if queryset is None:
            return []
        shown = exposure_of(queryset.model).shown | {"created_by", "modified_by"}
        relations = [f.name for f in queryset.model._meta.fields if f.is_relation and f.name in shown]
        return sorted(f"{name}__search" for name in relations)

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        """Fields by method: GET's always, POST's and PUT's for those who may, PUT's only of an object that is there."""
        actions: dict[str, Any] = {}
        allowed = set(view.allowed_methods)
        for method in ("GET", "POST", "PUT"):
            if method not in allowed:
                continue
            view.request = clone_request(request, method)
            try:
                if method != "GET":
                    view.check_permissions(view.request)
                if method == "PUT":
                    view.get_object()
            except (exceptions.APIException, PermissionDenied, Http404):
                continue
            finally:
                view.request = request
            attaches = method == "POST" and getattr(view, "attaches", False)
            makes = not attaches or view.creates
            actions[method] = {"id": ATTACHED_ID} if attaches else {}
            actions[method] |= self.fields_of(self.serializer_of(view), method) if makes else {}
        return actions

    @staticmethod
    def serializer_of(view: Any) -> Any:
        if hasattr(view, "get_serializer"):
            return view.get_serializer()
        return view.serializer_class(context={"request": view.request, "view": view})

    def fields_of(self, serializer: Any, method: str) -> dict[str, Any]:
        serializer = getattr(serializer, "child", serializer)
        fields: dict[str, Any] = {}
        for name, info in self.get_serializer_info(serializer).items():
            field = serializer.fields[name]
            if method == "GET":
                if not field.write_only:
                    fields[name] = {key: value for key, value in info.items() if key not in OF_INPUT}
            elif not field.read_only:
                fields[name] = {key: value for key, value in info.items() if key != "read_only"}
        # A serializer may know more about what a method takes than its fields say.
        shape = getattr(serializer, "shape_options", None)
        return shape(fields, method) if shape else fields

    def get_field_info(self, field: Any) -> dict[str, Any]:
        info: dict[str, Any] = super().get_field_info(field)
        serializer = field.parent
        model: type[Model] | None = getattr(getattr(serializer, "Meta", None), "model", None)
        info["type"] = self.type_of(field, info["type"])
        if field.field_name in HELP_TEXTS and not getattr(field, "help_text", None):
            info["help_text"] = HELP_TEXTS[field.field_name].format(verbose_name(serializer))
        elif "help_text" in info:
            info["help_text"] = plain(info["help_text"])
        if model is not None:
            computed = getattr(serializer.context.get("view"), "computed", ())
            info["filterable"] = is_filterable(model, field, computed)
            columns = {column.name: column for column in model._meta.fields}
            computed_or_list = serializers.SerializerMethodField | serializers.ManyRelatedField
            if isinstance(field, computed_or_list) and is_list_of(model, str(field.field_name)):
                info["filterable"] = False
            is_json = isinstance(columns.get(field.field_name), JSONModelField)
            if is_json and not hasattr(field, "metadata_type"):
                info["type"] = "json"
        else:
            info["filterable"] = not isinstance(field, serializers.SerializerMethodField) or (
                field.field_name == "type"
            )
        if field.field_name == "type" and hasattr(serializer, "type_choices"):
            info["choices"] = serializer.type_choices()
        elif "choices" in info or info["type"] == "choice":
            info["choices"] = self.choices(field)
        default = getattr(field, "shown_default", field.default)
        if default is not serializers.empty and not callable(default):
            info["default"] = JSONEncoder().default(default) if hasattr(default, "isoformat") else default
        return info

    @staticmethod
    def choices(field: Any) -> list[list[Any]]:
        """Pairs; those of a field that may be null or blank begin with these (clients check values against them)."""
        pairs = [[value, str(label)] for value, label in field.choices.items()]
        given = [value for value, _ in pairs]
        if field.allow_blank and "" not in given:
            pairs.insert(0, ["", "---------"])
        if field.allow_null and None not in given:
            pairs.insert(0, [None, "---------"])
        return pairs

    @staticmethod
    def type_of(field: Any, simple: str) -> str:
        declared: str | None = getattr(field, "metadata_type", None)
        if declared:
            return declared
        by_name = {"type": "choice", "url": "string", "related": "object", "summary_fields": "object"}
        if field.field_name in by_name:
            return by_name[field.field_name]
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return "id"
        if isinstance(field, serializers.ManyRelatedField):
            return "list_of_ids"
        if isinstance(field, serializers.JSONField | serializers.DictField):
            return "json"
        return "string" if simple in ("email", "regex", "slug") else simple
