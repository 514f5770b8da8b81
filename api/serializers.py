"""The shape that every object of the API has: id, type, url, related, summary_fields, then its own fields."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import models
from django.db.models import Model
from django.utils.http import urlencode
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils import html

from api import sublists
from api.fields import FlagField, OptionField, PrimaryKeyField, TextField
from api.named_urls import named_url

# The class has a field called `type`.
AnyClass: TypeAlias = type[Any]
ModelClass: TypeAlias = type[Model]

LEADING = ("id", "type", "url", "related", "summary_fields", "created", "modified")


def user_summary(user: Any) -> dict[str, Any]:
    return {
        "id": user.pk,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
    }


class ResourceSerializer(serializers.ModelSerializer[Any]):
    """Base of every resource's serializer.

    A subclass names its `resource` (the path below /api/v2/, such as "job_templates"), its AWX `object_type`, and
    describes its own `related` paths and `summary_fields`, adding to what these methods give here; AWX's global tables
    of them have no twin here. `Meta.fields` may leave out the fields that every object has.

    What is written is checked by the model as well (blank texts, uniqueness, constraints), with AWX's words; a resource
    whose model cannot judge the written values turns that off by `checked_by_model = False`.
    """

    resource: ClassVar[str]
    object_type: ClassVar[str]
    capabilities: ClassVar[tuple[str, ...]] = ("edit", "delete")
    checked_by_model: ClassVar[bool] = True

    type = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()
    summary_fields = serializers.SerializerMethodField()

    serializer_choice_field = OptionField
    serializer_related_field = PrimaryKeyField

    # -- what is shown -------------------------------------------------------------------------------

    def get_type(self, obj: Any) -> str:
        return self.object_type

    def get_url(self, obj: Any) -> str:
        return f"/api/v2/{self.resource}/{obj.pk}/"

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """A `format` that was asked for stays asked for in the object's own path (AWX's way)."""
        shown: dict[str, Any] = super().to_representation(instance)
        request = self.context.get("request")
        chosen = request.query_params.get("format") if request is not None else None
        if chosen is not None and "url" in shown:
            shown["url"] += "?" + urlencode({"format": chosen})
        return shown

    def get_related(self, obj: Any) -> dict[str, str]:
        """Paths of what belongs to an object: its lists, who made and changed it; subclasses add to it."""
        related = sublists.paths(self.resource, self.get_url(obj))
        if not (isinstance(self.parent, serializers.ListSerializer) or self.context.get("in_list")):
            related |= named_url(self.resource, obj)
        for name in ("created_by", "modified_by"):
            number = getattr(obj, f"{name}_id", None)
            if number:
                related[name] = f"/api/v2/users/{number}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        """Who made and changed an object, and what the asker may do with it; subclasses add to it."""
        summary: dict[str, Any] = {}
        for name in ("created_by", "modified_by"):
            if getattr(obj, f"{name}_id", None):
                summary[name] = user_summary(getattr(obj, name))
        if "request" in self.context:
            summary["user_capabilities"] = {name: self.may(name, obj) for name in self.capabilities}
        return summary

    def may(self, capability: str, obj: Any) -> bool:
        """Whether the asker may edit, delete, … an object: here only superusers, unless their token is for reading."""
        asker = self.context["request"].user
        return bool(getattr(asker, "is_superuser", False)) and not getattr(
            asker, "is_limited_to_reading", False
        )

    def type_choices(self) -> list[tuple[str, str]]:
        return [(self.object_type, self.object_type.replace("_", " ").capitalize())]

    # -- fields --------------------------------------------------------------------------------------

    def get_field_names(self, declared_fields: Mapping[str, Any], info: Any) -> list[str]:
        names = list(super().get_field_names(declared_fields, info))
        known = {*declared_fields, info.pk.name, *info.fields, *info.relations}
        missing = [name for name in LEADING if name not in names and name in known]
        return [*missing, *names]

    def get_extra_kwargs(self) -> dict[str, Any]:
        """When an object was made and changed is nobody's to write."""
        kwargs: dict[str, Any] = super().get_extra_kwargs()
        return kwargs | {
            name: {**kwargs.get(name, {}), "read_only": True} for name in ("created", "modified")
        }

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[AnyClass, dict[str, Any]]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        # Uniqueness is the model's to check, once, with its words.
        kwargs.pop("validators", None)
        if kwargs.get("read_only"):
            return field_class, kwargs
        if not model_field.null:
            if field_class is serializers.CharField:
                field_class = TextField
            elif field_class is serializers.BooleanField:
                field_class = FlagField
        if model_field.has_default() and not callable(model_field.default):
            kwargs["initial"] = model_field.default
        return field_class, kwargs

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def get_unique_for_date_validators(self) -> list[Any]:
        return []

    # -- what is written -----------------------------------------------------------------------------

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self._from_form(data) if html.is_html_input(data) else data)

    def _from_form(self, data: Any) -> dict[str, Any]:
        """The values of an HTML form. A control that was left empty says nothing, unless it empties what was there."""
        values: dict[str, Any] = {}
        shown = self.to_representation(self.instance) if isinstance(self.instance, Model) else {}
        for field in self._writable_fields:
            value = field.get_value(data)
            if value is empty or field.field_name is None:
                continue
            if value != "":
                values[field.field_name] = value
            elif current := shown.get(field.field_name):
                values[field.field_name] = _emptied(field, current)
        return values

    def run_validation(self, data: Any = empty) -> Any:
        if data is None:
            raise serializers.ValidationError({"__all__": ["This field may not be null."]})
        values = super().run_validation(data)
        if self.checked_by_model and isinstance(values, dict):
            self._check_by_model(values)
        return values

    def _check_by_model(self, values: dict[str, Any]) -> None:
        model: ModelClass = self.Meta.model
        candidate = copy.copy(self.instance) if isinstance(self.instance, model) else model()
        columns = {field.name for field in model._meta.fields}
        for name, value in values.items():
            if name in columns:
                setattr(candidate, name, value)
        unwritten = columns - set(values)
        errors: dict[str, list[str]] = {}
        checks: tuple[Callable[[], None], ...] = (
            lambda: candidate.clean_fields(exclude=unwritten),
            candidate.clean,
            candidate.validate_unique,
            lambda: candidate.validate_constraints(exclude=_generated(model)),
        )
        for check in checks:
            try:
                check()
            except ModelValidationError as error:
                for name, texts in serializers.as_serializer_error(error).items():
                    errors.setdefault(self._api_name(name), []).extend(texts)
            if errors:
                raise serializers.ValidationError(errors)

    def _api_name(self, column: str) -> str:
        """The name under which a column is written."""
        for name, field in self.fields.items():
            if field.source == column and not field.read_only:
                return name
        return column


def _emptied(field: Any, value: Any) -> Any:
    """What is left of a value after its control in a form was emptied."""
    if field.allow_null:
        return None
    return type(value)() if isinstance(value, dict | list) else ""


def _generated(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.fields if isinstance(field, models.GeneratedField)}
